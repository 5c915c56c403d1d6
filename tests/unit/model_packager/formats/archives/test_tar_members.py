from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_packager.formats.archives import gzip_stream, tar_members
from model_packager.formats.archives.gzip_stream import TarGzDamaged
from model_packager.formats.archives.tar_members import Member, members

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {
    "cat/config.pbtxt": b"name: 'cat'",
    "cat/1/model.pt": bytes(range(256)) * 3000,
    "cat/" + "deep/" * 40 + "file": b"x",
    "ünï/1/" + "n" * 120: b"",
}


def packed(files: dict[str, bytes], kind: int = tarfile.GNU_FORMAT, prefix: str = "") -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz", format=kind) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(prefix + name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return output.getvalue()


def archive_of(member: tarfile.TarInfo, content: bytes = b"") -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz") as tar:
        tar.addfile(member, io.BytesIO(content))
    return output.getvalue()


def read(archive: bytes, limit: int = 1000) -> list[Member]:
    return list(members(io.BytesIO(archive), "config.pbtxt", limit))


@pytest.mark.parametrize("kind", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("prefix", ["", "./"])
def test_archives_from_tarfile_are_readable(kind: int, prefix: str) -> None:
    found = read(packed(FILES, kind, prefix))
    assert [("/".join(each.path), each.size) for each in found] == [
        (name, len(content)) for name, content in FILES.items()
    ]
    assert [each.content for each in found] == [b"name: 'cat'", None, None, None]


def test_ustar_with_its_prefix() -> None:
    name = "d" * 90 + "/" + "e" * 90
    assert read(packed({name: b"1"}, tarfile.USTAR_FORMAT))[0].path == tuple(name.split("/"))


def test_folders() -> None:
    folder = tarfile.TarInfo("ensemble/1")
    folder.type = tarfile.DIRTYPE
    assert read(archive_of(folder)) == [Member(("ensemble", "1"), True, 0, None)]


def test_gzip_of_several_members_and_zeros_at_its_end() -> None:
    tar = gzip.decompress(packed(FILES))
    archive = gzip.compress(tar[:5000]) + gzip.compress(tar[5000:]) + bytes(1000)
    assert len(read(archive)) == len(FILES)


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "cat/../../up"])
def test_path_that_leads_out(name: str) -> None:
    with pytest.raises(TarGzDamaged, match="points outside"):
        read(archive_of(tarfile.TarInfo(name)))


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE],
)
def test_links_and_devices_are_rejected(kind: bytes) -> None:
    member = tarfile.TarInfo("cat/link")
    member.type, member.linkname = kind, "target"
    with pytest.raises(TarGzDamaged, match="is a link or a device"):
        read(archive_of(member))


def test_long_config() -> None:
    with pytest.raises(TarGzDamaged, match="11 bytes; the maximum is 10"):
        read(packed(FILES), limit=10)


def test_long_header() -> None:
    member = tarfile.TarInfo("cat/file")
    member.pax_headers = {"comment": "x" * 100_000}
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(member)
    with pytest.raises(TarGzDamaged, match="a header of"):
        read(output.getvalue())


def test_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_stream, "MIN_UNPACKED_BYTES", 1_000_000)
    with pytest.raises(TarGzDamaged, match="unpacks to more than 200 times"):
        read(packed({"cat/1/zeros": bytes(20_000_000)}))


def test_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar_members, "MAX_MEMBERS", 3)
    with pytest.raises(TarGzDamaged, match="more than 3 members"):
        read(packed(FILES))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_archive_cut_short(share: float) -> None:
    archive = packed(FILES)
    with pytest.raises(TarGzDamaged, match="is truncated"):
        read(archive[: int(len(archive) * share)])


@pytest.mark.parametrize(
    ("pack", "kind"),
    [
        (bz2.compress, "a bzip2 archive; convert it with `bzip2 -dc FILE | gzip > model.tar.gz`"),
        (lzma.compress, "an xz archive; convert it with `xz -dc FILE"),
        (lambda tar: b"PK\x03\x04" + tar, "a zip archive"),
        (bytes, "a tar archive without compression; run `gzip FILE`"),
    ],
)
def test_other_archives_are_named(pack: Callable[[bytes], bytes], kind: str) -> None:
    with pytest.raises(TarGzDamaged) as caught:
        read(pack(gzip.decompress(packed(FILES))))
    assert kind in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", gzip.compress(b"no tar" * 200), b"\x1f\x8b" + bytes(50)]
)
def test_other_files(content: bytes) -> None:
    with pytest.raises(TarGzDamaged):
        read(content)


@given(st.data())
def test_damaged_archive_is_read_or_damage(data: st.DataObject) -> None:
    """The damage is in the tar, so gzip's checksum does not detect it."""
    tar = bytearray(gzip.decompress(packed({"cat/config.pbtxt": b"name: 'cat'"})))
    for _ in range(data.draw(st.integers(1, 8))):
        tar[data.draw(st.integers(0, 600))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(TarGzDamaged):
        read(gzip.compress(bytes(tar), 1))
