import gzip
import hashlib
import io
import subprocess
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from model_packager.repository.archive import (
    Lead,
    SizeChanged,
    closing,
    write_folder_archive,
    write_folder_lead,
)
from model_packager.repository.stored_gzip import BLOCK_BYTES

CONFIG = 'name: "resnet"\n'
SIZES = [0, 1, 511, 512, BLOCK_BYTES - 512, BLOCK_BYTES, 3_000_001, 32 * BLOCK_BYTES]


def content(size: int) -> bytes:
    return hashlib.shake_128(b"weights").digest(size)


def packed(model: bytes, labels: bytes | None = None, name: str = "resnet") -> bytes:
    output = io.BytesIO()
    write_folder_archive(
        output, name, [("1/model.pt", len(model), io.BytesIO(model))], CONFIG, labels
    )
    return output.getvalue()


@pytest.mark.parametrize("mode", ["r:gz", "r|gz"])
@pytest.mark.parametrize("size", SIZES)
def test_tarfile_reads_it_both_ways(size: int, mode: str) -> None:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(packed(content(size), b"cat\n")), mode=mode) as tar:  # type: ignore[call-overload]
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            found[member.name] = file.read()
    assert found == {
        "resnet/1/model.pt": content(size),
        "resnet/labels.txt": b"cat\n",
        "resnet/config.pbtxt": CONFIG.encode(),
    }
    assert list(found) == ["resnet/1/model.pt", "resnet/labels.txt", "resnet/config.pbtxt"]


def test_gnu_tar_unpacks_it(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(packed(content(200_000), name="n" * 120))
    subprocess.run(["tar", "-xzf", "model.tar.gz"], cwd=tmp_path, check=True)
    assert (tmp_path / ("n" * 120) / "1" / "model.pt").read_bytes() == content(200_000)
    assert (tmp_path / ("n" * 120) / "config.pbtxt").read_text() == CONFIG


def test_the_same_input_gives_the_same_bytes() -> None:
    # A fixed digest, so that a change by another Python, zlib or clock is noticed.
    digest = hashlib.sha256(packed(content(200_000), b"cat\n")).hexdigest()
    assert digest == "e377b103ab5fa1bf108ed16eaa6fe5d0fb07343f947b1606ef2775f6f8a6ba21"


def test_nothing_of_this_computer_is_in_it() -> None:
    with tarfile.open(fileobj=io.BytesIO(packed(b"x")), mode="r:gz") as tar:
        for member in tar:
            assert (member.mtime, member.uid, member.gid, member.mode) == (0, 0, 0, 0o644)
            assert (member.uname, member.gname) == ("", "")
    assert packed(b"x")[:10] == b"\x1f\x8b\x08\0\0\0\0\0\0\xff"


def test_the_stream_is_one_gzip_member_with_little_overhead() -> None:
    model = content(3_000_000)
    archive = packed(model)
    assert len(archive) < len(model) * 1.01
    gzip.decompress(archive)
    assert archive.count(b"\x1f\x8b\x08\0\0\0\0\0\0\xff") == 1


class Source(io.RawIOBase):
    """A source of `size` bytes that returns a few at a time, like a connection."""

    def __init__(self, size: int, step: int = 50_000) -> None:
        self.left = size
        self.step = step

    def read(self, size: int = -1) -> bytes:
        count = min(self.left, size, self.step)
        self.left -= count
        return bytes(count)


class Sink:
    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.head = b""

    def write(self, data: bytes | bytearray) -> None:
        self.head = (self.head + data)[:1024]
        self.sizes.append(len(data))


def test_memory_is_constant_and_chunks_are_large() -> None:
    size = 64 * 1024 * 1024
    sink = Sink()
    tracemalloc.start()
    try:
        write_folder_archive(sink, "resnet", [("1/model.pt", size, Source(size))], CONFIG)  # type: ignore[list-item]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 * 1024 * 1024
    assert sum(sink.sizes) > size
    # Without the header, the rest of the first part, and the end.
    assert min(sink.sizes[1:-2]) > 1024 * 1024


@pytest.mark.parametrize(
    ("claimed", "held", "words"),
    [
        (100, 99, "ends after 99 bytes, but should have 100"),
        (100, 101, "more than the expected 100"),
    ],
)
def test_an_unexpected_size_is_rejected(claimed: int, held: int, words: str) -> None:
    files = [("1/model.pt", claimed, Source(held))]
    with pytest.raises(SizeChanged, match=words):
        write_folder_archive(io.BytesIO(), "resnet", files, CONFIG)  # type: ignore[arg-type]


def test_sizes_above_8_gib_fit_the_header() -> None:
    sink = Sink()
    with pytest.raises(SizeChanged):  # the error may come before the end
        write_folder_archive(sink, "resnet", [("1/model.pt", 9 * 2**30, Source(4_000_000))], CONFIG)  # type: ignore[list-item]
    header = sink.head[10 + 5 :][:512]  # after the header of gzip and the header of the block
    assert tarfile.TarInfo.frombuf(header, "utf-8", "strict").size == 9 * 2**30


@pytest.mark.parametrize("lead_bytes", [9 * 2**30, 4 * 2**30 - 2048, 4 * 2**30])
def test_sizes_above_4_gib_wrap_in_gzips_end(lead_bytes: int) -> None:
    end = closing(Lead(lead_bytes, lead_bytes, 0), "resnet", CONFIG, None)
    # The config and its header, and two blocks at the end.
    tar_bytes = -(-(lead_bytes + 4 * 512) // 10_240) * 10_240
    assert int.from_bytes(end[-4:], "little") == tar_bytes % 2**32


def test_changed_config_changes_the_end_alone() -> None:
    model = content(300_000)
    archives = []
    for config in ("one", "two" * 70_000):
        output = io.BytesIO()
        lead = write_folder_lead(output, "resnet", [("1/model.pt", 300_000, io.BytesIO(model))])
        assert output.tell() == lead.archive_bytes
        output.write(closing(lead, "resnet", config, None))
        archives.append(output.getvalue())
        assert gzip.decompress(archives[-1]).count(config.encode()) == 1
    assert archives[0][: lead.archive_bytes] == archives[1][: lead.archive_bytes]
