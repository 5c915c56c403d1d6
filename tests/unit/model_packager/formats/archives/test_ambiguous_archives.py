"""The reader rejects archives that two programs unpack in different ways."""

from __future__ import annotations

import io

import pytest

from model_packager.formats.archives.gzip_stream import TarGzDamaged
from model_packager.formats.archives.tar_members import members
from model_packager.formats.saved_model import read_saved_model
from model_packager.formats.triton_repository.format import read_repository
from model_packager.rejection import ModelRejected
from tests.unit.model_packager.formats.archives.raw_tar import gzipped, member, pax

CONFIG = (
    b'backend: "python" input { name: "x" data_type: TYPE_FP32 dims: 4 } '
    b'output { name: "y" data_type: TYPE_FP32 dims: 4 }'
)
REPOSITORY = (member("m/config.pbtxt", CONFIG), member("m/1/model.py"))


def read(*blocks: bytes) -> list[tuple[str, ...]]:
    return [each.path for each in members(io.BytesIO(gzipped(*blocks)), "", 0)]


def of_another_format(name: str) -> bytes:
    """Return a GNU tar header with content where POSIX has the path prefix."""
    header = bytearray(member(name))
    header[257:265] = b"ustar  \0"
    header[345:349] = b"up/x"
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * 32 + sum(header[156:512]))
    return bytes(header)


@pytest.mark.parametrize("keyword", [b"path", b"linkpath", b"size"])
def test_global_header_that_moves_or_resizes_members(keyword: bytes) -> None:
    header = member("g", pax(keyword, b"../../etc/x"), b"g")
    with pytest.raises(ModelRejected, match=f"global header in it sets the {keyword.decode()}"):
        read_repository(io.BytesIO(gzipped(header, *REPOSITORY)), "m")
    with pytest.raises(ModelRejected, match=f"global header in it sets the {keyword.decode()}"):
        read_saved_model(
            io.BytesIO(gzipped(member("saved_model.pb", b"pb"), header, member("v/x"))), "m"
        )


def test_global_comment_as_git_archive_writes_it() -> None:
    assert read(member("g", pax(b"comment", b"4f2a"), b"g"), *REPOSITORY)


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ((member("p", pax(b"size", b"9" * 5000), b"x"), member("a")), "a file of 9999"),
        ((member("p", pax(b"size", b"-1"), b"x"), member("a")), "a file of -1 bytes"),
        ((member("p", pax(b"path", b""), b"x"), member("a")), "without one path"),
        ((member("p", pax(b"path", b"a") * 2, b"x"), member("a")), "without one path"),
        ((member("p", pax(b"path", b"a"), b"x"), member("L", b"b", b"L")), "two headers"),
        ((member("L", b"b", b"L"), member("g", pax(b"a", b"b"), b"g")), "two headers"),
        ((member("p", pax(b"path", b"a"), b"x"),), "truncated"),
        ((member("p", b"9 path=ab", b"x"), member("a")), "damaged header"),
        ((member("folder", b"content", b"5"),), "the folder folder has content"),
        ((member("folder/", b"content"),), "the folder folder has content"),
        ((member("a"), bytes(512), member("../b")), "more content after its end"),
        ((member(""),), "has no name"),
        ((of_another_format("a"),), "header of an old format"),
        ((member("a", b"", b"K"),), "is a link or a device"),
        ((member("a", b"", b"V"),), "is a link or a device"),
    ],
)
def test_ambiguous_headers(blocks: tuple[bytes, ...], message: str) -> None:
    with pytest.raises(TarGzDamaged, match=message):
        read(*blocks)
