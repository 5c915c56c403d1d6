import io
import struct
import zipfile

import pytest

from model_packager.formats.archives.zip_entries import MAX_DIRECTORY_BYTES, ZipDamaged, ZipEntries


def archive(name: str, content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as opened:
        opened.writestr(name, content)
    return file.getvalue()


def test_an_entry_is_read_within_its_limit() -> None:
    with ZipEntries(io.BytesIO(archive("a", b"x" * 100))) as entries:
        assert entries.read("a", 100) == b"x" * 100
        assert entries.start("a", 7) == b"x" * 7
        with pytest.raises(ZipDamaged, match="at most 99"):
            entries.read("a", 99)


def test_an_entry_that_unpacks_to_more_than_it_claims_is_cut_off() -> None:
    content = bytearray(archive("a", b"x" * 100_000))
    honest, lying = struct.pack("<I", 100_000), struct.pack("<I", 10)
    content = bytearray(bytes(content).replace(honest, lying))
    with ZipEntries(io.BytesIO(content)) as entries, pytest.raises(ZipDamaged):
        entries.read("a", 1000)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name_are_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("a", b"1")
        opened.writestr("a", b"2")
    with pytest.raises(ZipDamaged, match="same name"):
        ZipEntries(file)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_torch_does_not_read_are_refused(compression: int) -> None:
    with (
        ZipEntries(io.BytesIO(archive("a", b"x", compression))) as entries,
        pytest.raises(ZipDamaged, match="torch does not read"),
    ):
        entries.read("a", 10)


def test_damaged_content_is_refused() -> None:
    content = archive("a", b"hello", zipfile.ZIP_STORED).replace(b"hello", b"hallo")
    with (
        ZipEntries(io.BytesIO(content)) as entries,
        pytest.raises(ZipDamaged, match="has a wrong checksum"),
    ):
        entries.read("a", 10)


def test_encrypted_content_is_refused() -> None:
    content = bytearray(archive("a", b"hello", zipfile.ZIP_STORED))
    flags = content.index(b"PK\x01\x02") + 8
    content[flags] |= 1
    with (
        ZipEntries(io.BytesIO(content)) as entries,
        pytest.raises(ZipDamaged, match="encrypted"),
    ):
        entries.read("a", 10)


def test_a_directory_that_claims_too_much_is_not_read() -> None:
    size = MAX_DIRECTORY_BYTES + 1
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size, 0, 0)
    with pytest.raises(ZipDamaged, match="table of contents claims"):
        ZipEntries(io.BytesIO(bytes(size) + end))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06", b"x" * 1000])
def test_a_missing_directory_is_called_so(content: bytes) -> None:
    with pytest.raises(ZipDamaged) as damage:
        ZipEntries(io.BytesIO(content))
    assert damage.value.directory_is_missing


def test_long_names_in_the_file_are_shortened() -> None:
    """A local header declares a name of 65,535 bytes, which zipfile would show in full."""
    content = bytearray(archive("a", b"x" * 70_000, zipfile.ZIP_STORED))
    content[26:28] = b"\xff\xff"
    with ZipEntries(io.BytesIO(content)) as entries, pytest.raises(ZipDamaged) as damage:
        entries.read("a", 70_000)
    assert str(damage.value) == "its entry 'a' cannot be unpacked"


@pytest.mark.parametrize("flag", [0x20, 0x40], ids=["patched data", "strong encryption"])
def test_what_zipfile_does_not_implement_is_damage(flag: int) -> None:
    content = bytearray(archive("a", b"hello"))
    content[content.index(b"PK\x01\x02") + 8] |= flag
    with (
        ZipEntries(io.BytesIO(content)) as entries,
        pytest.raises(ZipDamaged, match="cannot be unpacked"),
    ):
        entries.read("a", 10)
