"""Reads the members of an untrusted .tar.gz in one pass.

It writes no files. For a hostile archive, tarfile would keep a header of a gigabyte, a map of a
million holes, and a list of all members in memory. This reader accepts only regular files and
folders, and limits names, sizes, counts and headers. It rejects everything that two programs may
unpack differently, because other programs unpack the archives that it accepts. Source of the
formats: POSIX.1-2017 pax, and GNU tar's manual, "Basic Tar Format".
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from model_packager.formats.archives.gzip_stream import BLOCK, GzipStream, TarGzDamaged
from model_packager.formats.archives.unpacked_file import Checkpoints
from model_packager.rejection import refusal

MAX_MEMBERS = 100_000
MAX_NAME_BYTES = 1024
_MAX_HEADER_BYTES = 64 * 1024
_MAX_HEADERS_BYTES = 8 * 1024 * 1024  # tarfile's times of 100,000 members take 3 MB
_MAX_SIZE_DIGITS = 19
_FILES, _FOLDER = (b"\x00", b"0"), b"5"  # NUL marks a file in old archives
_PAX, _PAX_GLOBAL, _GNU_NAME = b"x", b"g", b"L"
_OF_ONE_MEMBER = (b"path", b"linkpath", b"size")


@dataclass(frozen=True)
class Member:
    """One file or folder.

    Attributes:
        path: the parts of its path, without "." and empty parts.
        size: the size of the file in bytes.
        content: the whole content, if requested.
        start: the offset of the content in the unpacked archive.
    """

    path: tuple[str, ...]
    is_folder: bool
    size: int
    content: bytes | None
    start: int = field(default=0, compare=False)


def members(
    file: BinaryIO, content_of: str, limit: int, checkpoints: Checkpoints | None = None
) -> Iterator[Member]:
    """Yield the archive's members in order.

    Args:
        file: the seekable archive, which is read once from its start.
        content_of: the file name for which members have their content.
        limit: the maximum size of such a file, in bytes.
        checkpoints: records positions from which later reads can continue.

    Raises:
        TarGzDamaged: the archive is damaged, truncated or too compressible, contains links or
            devices, has a path outside its folder, or is ambiguous.
    """
    for path, is_folder, content in _entries(file, checkpoints):
        wanted = bool(path) and path[-1] == content_of and not is_folder
        if wanted and content.size > limit:
            raise TarGzDamaged(
                f"{'/'.join(path):.120} has {content.size:,} bytes; the maximum is {limit:,}"
            )
        start = content.start
        whole = content.read(content.size) if wanted else None
        yield Member(path, is_folder, content.size, whole, start)


def contents(file: BinaryIO) -> Iterator[tuple[tuple[str, ...], int, BinaryIO]]:
    """Yield path, size and content of each file, in order; see `members`.

    Read each content before you take the next file.
    """
    for path, is_folder, content in _entries(file):
        if not is_folder:
            yield path, content.size, cast("BinaryIO", content)


class _Content(io.RawIOBase):
    """The content of one member, read from the stream."""

    def __init__(self, stream: GzipStream, size: int) -> None:
        self.size = size
        self.start = stream.position
        self._stream = stream
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        taken = self._left if size < 0 else min(size, self._left)
        self._left -= taken
        return self._stream.read(taken)

    def skip(self) -> None:
        self._stream.skip(self._left + -self.size % BLOCK)
        self._left = 0


@dataclass
class _Headers:
    """The contents of the extra headers before a member's own header."""

    name: bytes | None = None
    size: int | None = None
    total_bytes: int = 0

    def take(self, kind: bytes, content: bytes) -> None:
        self.total_bytes += len(content)
        if self.total_bytes > _MAX_HEADERS_BYTES:
            raise TarGzDamaged(f"its headers have more than {_MAX_HEADERS_BYTES:,} bytes")
        if self.name is not None or self.size is not None:
            raise TarGzDamaged("it has two headers that name or size the same file")
        if kind == _GNU_NAME:
            self.name = content.rstrip(b"\0")
            return
        records = _pax(content)
        if kind == _PAX_GLOBAL:
            _refuse_moves(records)
            return
        self.name = records.get(b"path")
        if b"size" in records:
            self.size = _pax_size(records[b"size"])

    def end(self) -> None:
        self.name = self.size = None


def _entries(
    file: BinaryIO, checkpoints: Checkpoints | None = None
) -> Iterator[tuple[tuple[str, ...], bool, _Content]]:
    """Yield each member's path, whether it is a folder, and its content.

    Taking the next member skips unread content.
    """
    with refusal(TarGzDamaged):
        stream, headers = GzipStream(file, checkpoints), _Headers()
        count = 0
        while (header := _header(stream)) is not None:
            count += 1
            if count > MAX_MEMBERS:
                raise TarGzDamaged(f"it has more than {MAX_MEMBERS:,} members")
            kind, stated = header[156:157], _number(header[124:136])
            if kind in (_PAX, _PAX_GLOBAL, _GNU_NAME):
                headers.take(kind, _extra(stream, stated))
                continue
            name = _name(header) if headers.name is None else headers.name
            path, length = _path(name), stated if headers.size is None else headers.size
            _refuse_ambiguous(kind, name, path, length)
            headers.end()
            content = _Content(stream, length)
            yield path, kind == _FOLDER or name.endswith(b"/"), content
            content.skip()
        if headers.name is not None or headers.size is not None:
            raise TarGzDamaged("it is truncated")
        stream.finish()


def _refuse_ambiguous(kind: bytes, name: bytes, path: tuple[str, ...], length: int) -> None:
    shown = "/".join(path)[:120]
    if kind != _FOLDER and kind not in _FILES:
        raise TarGzDamaged(f"{shown} is a link or a device, not a file or folder")
    is_folder = kind == _FOLDER or name.endswith(b"/")  # a slash marks a folder in old archives
    if is_folder and length:
        raise TarGzDamaged(f"the folder {shown or '.'} has content")
    if not is_folder and not path:
        raise TarGzDamaged("a file in it has no name")


def _refuse_moves(records: dict[bytes, bytes]) -> None:
    """Reject a global path, link or size, which applies to all members; Git adds a comment."""
    for keyword in _OF_ONE_MEMBER:
        if keyword in records:
            raise TarGzDamaged(
                f"a global header in it sets the {keyword.decode()} of every file; pack it with "
                "another tar"
            )


def _pax_size(value: bytes) -> int:
    if not re.fullmatch(rb"[0-9]{1,%d}" % _MAX_SIZE_DIGITS, value):
        raise TarGzDamaged(f"it has a file of {value[:20].decode(errors='replace')} bytes")
    return int(value)


def _header(stream: GzipStream) -> bytes | None:
    """Return the next header; None for a block of zeros, which marks the end."""
    header = stream.read(BLOCK)
    if not header.strip(b"\0"):
        return None
    unsigned = sum(header[:148]) + 8 * 32 + sum(header[156:])
    if _number(header[148:156]) != unsigned:
        raise TarGzDamaged("it contains no valid tar archive")
    return header


def _number(field: bytes) -> int:
    """Read octal digits, or GNU's base-256 for larger values."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not re.fullmatch(rb"[0-7]*", digits):
        raise TarGzDamaged("it contains no valid tar archive")
    return int(digits or b"0", 8)


def _name(header: bytes) -> bytes:
    """Return the name. Only POSIX headers have a prefix, but some programs always apply it."""
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0]
    if prefix and header[257:263] != b"ustar\0":
        raise TarGzDamaged("it has a header of an old format; pack it with another tar")
    return prefix + b"/" + name if prefix else name


def _extra(stream: GzipStream, size: int) -> bytes:
    if size > _MAX_HEADER_BYTES:
        raise TarGzDamaged(f"it has a header of {size:,} bytes")
    content = stream.read(size)
    stream.skip(-size % BLOCK)
    return content


def _pax(content: bytes) -> dict[bytes, bytes]:
    """Read records of a length, a space, `keyword=value` and a line feed."""
    records: dict[bytes, bytes] = {}
    position = 0
    while position < len(content):
        length = content[position : position + 7].partition(b" ")[0]
        if not re.fullmatch(rb"[1-9][0-9]{0,5}", length):
            raise TarGzDamaged("it has a damaged header")
        end = position + int(length)
        record = content[position + len(length) + 1 : end]
        keyword, equals, value = record.partition(b"=")
        if end > len(content) or record[-1:] != b"\n" or not equals:
            raise TarGzDamaged("it has a damaged header")
        if keyword.startswith(b"GNU.sparse."):
            raise TarGzDamaged("it contains a sparse file; pack it without tar's option --sparse")
        if keyword in _OF_ONE_MEMBER and (keyword in records or value == b"\n"):
            raise TarGzDamaged(f"it has a header without one {keyword.decode()}")
        records[keyword] = value[:-1]
        position = end
    return records


def _path(name: bytes) -> tuple[str, ...]:
    if len(name) > MAX_NAME_BYTES:
        raise TarGzDamaged(f"a path in it has more than {MAX_NAME_BYTES:,} bytes")
    try:
        text = name.decode()
    except UnicodeDecodeError as error:
        raise TarGzDamaged("a path in it is not UTF-8 text") from error
    parts = text.split("/")
    if text.startswith("/") or ".." in parts or "\0" in text:
        raise TarGzDamaged(f"{text:.120} points outside the archive")
    return tuple(part for part in parts if part not in ("", "."))
