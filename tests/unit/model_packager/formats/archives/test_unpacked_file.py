from __future__ import annotations

import gzip
import io
import random
import zlib

import pytest

from model_packager.formats.archives import unpacked_file
from model_packager.formats.archives.tar_members import members
from model_packager.formats.archives.unpacked_file import (
    Checkpoints,
    TooManyReads,
    UnpackedFile,
    UnpackedStream,
)
from tests.unit.model_packager.formats.archives.raw_tar import member


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def opened(archive: bytes) -> dict[str, io.BufferedReader]:
    """Return every file of an archive after a single pass."""
    file, checkpoints = io.BytesIO(archive), Checkpoints()
    found = list(members(file, "", 0, checkpoints))
    stream = UnpackedStream(file, checkpoints, sum(each.size for each in found))
    return {
        "/".join(each.path): io.BufferedReader(UnpackedFile(stream, each.start, each.size))
        for each in found
    }


def blocks(files: dict[str, bytes]) -> bytes:
    return b"".join(member(name, content) for name, content in files.items()) + bytes(1024)


FILES = {"a": noise(3_000_000), "b": bytes(9_000_000), "c": b"", "d": noise(2_000_000, 1)}


@pytest.mark.parametrize("level", [0, 1, 9])
@pytest.mark.parametrize("parts", [1, 3])
def test_each_range_of_each_file_is_readable(level: int, parts: int) -> None:
    tar = blocks(FILES)
    size = -(-len(tar) // parts)
    archive = b"".join(
        gzip.compress(tar[start : start + size], level) for start in range(0, len(tar), size)
    )
    files = opened(archive)
    places = random.Random(2)
    for name, content in FILES.items():
        for _ in range(4):
            at = places.randrange(len(content) + 1)
            files[name].seek(at)
            assert files[name].read(5000) == content[at : at + 5000]
        assert files[name].seek(-1 if content else 0, io.SEEK_END) == max(len(content) - 1, 0)
        assert files[name].read() == content[-1:]


def test_memory_does_not_grow_with_the_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked_file, "_SPACING", 1000)
    checkpoints, state = Checkpoints(), zlib.decompressobj(unpacked_file.GZIP_WINDOW)
    for number in range(100_000):
        checkpoints.note(number * 1000, number, state)
    assert len(checkpoints._all) <= unpacked_file.MAX_CHECKPOINTS
    assert 0 <= 50_000_000 - checkpoints.before(50_000_000).unpacked <= 2_000_000


def read_to_and_fro(file: io.BufferedReader) -> None:
    for _ in range(5000):
        for start in (0, 39_000_000):
            file.seek(start)
            file.read(1)


def test_reads_are_bounded() -> None:
    file = opened(gzip.compress(blocks({"a": bytes(40_000_000)}), 1))["a"]
    with pytest.raises(TooManyReads):
        read_to_and_fro(file)
