"""Reads the members of an untrusted .tar.gz in one pass.

It writes no files. For a hostile archive, tarfile would hold a header of a gigabyte, a map of a
million holes and the list of all members. This reader accepts only regular files and folders, and
limits names, sizes and counts. Source of the formats:
POSIX.1-2017 pax, and GNU tar's manual, "Basic Tar Format".
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_MEMBERS = 100_000
MAX_NAME_BYTES = 1024
MAX_RATIO = 200
"""Weights hardly compress; zlib's maximum is about 1,000."""

MIN_UNPACKED_BYTES = 1024 * 1024 * 1024
"""Up to this unpacked size, any compression ratio is fine."""

_BLOCK = 512
_CHUNK_BYTES = 1024 * 1024
_MAX_HEADER_BYTES = 64 * 1024
_GZIP_WINDOW = 31  # 15 bits, and a gzip header (zlib's manual, inflateInit2)
_FILES, _FOLDER = b"\x000", b"5"  # type 0 is written as "0" or, of old, as NUL
_PAX, _PAX_GLOBAL, _GNU_NAME = b"x", b"g", b"L"


class TarDamaged(Exception):
    """The archive cannot be read, or cannot contain a model repository."""


@dataclass(frozen=True)
class Member:
    """One file or folder.

    Attributes:
        path: its parts, without "." and empty ones.
        size: of the file, in bytes.
        content: the whole content, if requested.
    """

    path: tuple[str, ...]
    is_folder: bool
    size: int
    content: bytes | None


def members(file: BinaryIO, content_of: str, limit: int) -> Iterator[Member]:
    """Return the archive's members in order.

    Args:
        file: seekable, read once from its start.
        content_of: the name of the files to return with their content.
        limit: the maximum size of such a file, in bytes.

    Raises:
        TarDamaged: the archive is damaged, truncated or too compressible, contains links or
            devices, or has a path outside its folder.
    """
    stream = _Unzipped(file)
    name: bytes | None = None
    size: int | None = None
    count = 0
    while (header := _header(stream)) is not None:
        count += 1
        if count > MAX_MEMBERS:
            raise TarDamaged(f"it has more than {MAX_MEMBERS:,} members")
        kind, stated = header[156:157], _number(header[124:136])
        if kind in (_PAX, _PAX_GLOBAL, _GNU_NAME):
            extra = _extra(stream, stated)
            if kind == _GNU_NAME:
                name = extra.rstrip(b"\0")
            elif kind == _PAX:
                records = _pax(extra)
                name = records.get(b"path", name)
                size = int(records[b"size"]) if records.get(b"size", b"").isdigit() else None
            continue
        path = _path(_name(header) if name is None else name)
        length = stated if size is None else size
        is_folder = kind == _FOLDER
        if not is_folder and kind not in (_FILES[:1], _FILES[1:]):
            raise TarDamaged(f"{'/'.join(path):.120} is a link or a device, not a file or folder")
        if is_folder:
            length = 0
        name = size = None
        content = None
        if path and path[-1] == content_of and not is_folder:
            if length > limit:
                raise TarDamaged(
                    f"{'/'.join(path):.120} has {length:,} bytes; the maximum is {limit:,}"
                )
            content = stream.read(length)
        else:
            stream.skip(length)
        stream.skip(-length % _BLOCK)
        yield Member(path, is_folder, length, content)
    stream.finish()


def _header(stream: "_Unzipped") -> bytes | None:
    """Return the next header; None at the end, which is a block of zeros."""
    header = stream.read(_BLOCK)
    if not header.strip(b"\0"):
        return None
    unsigned = sum(header[:148]) + 8 * 32 + sum(header[156:])
    if _number(header[148:156]) != unsigned:
        raise TarDamaged("it contains no valid tar archive")
    return header


def _number(field: bytes) -> int:
    """Octal digits, or GNU's base-256 for larger values."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not re.fullmatch(rb"[0-7]*", digits):
        raise TarDamaged("it contains no valid tar archive")
    return int(digits or b"0", 8)


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _extra(stream: "_Unzipped", size: int) -> bytes:
    if size > _MAX_HEADER_BYTES:
        raise TarDamaged(f"it has a header of {size:,} bytes")
    content = stream.read(size)
    stream.skip(-size % _BLOCK)
    return content


def _pax(content: bytes) -> dict[bytes, bytes]:
    """Each record is its own length, a space, `keyword=value` and a line feed."""
    records = {}
    while content:
        length = content.partition(b" ")[0]
        if not re.fullmatch(rb"[1-9][0-9]{0,5}", length) or int(length) > len(content):
            raise TarDamaged("it has a damaged header")
        record = content[len(length) + 1 : int(length)].removesuffix(b"\n")
        keyword, _, value = record.partition(b"=")
        if keyword.startswith(b"GNU.sparse."):
            raise TarDamaged("it contains a sparse file; pack it without tar's option --sparse")
        records[keyword] = value
        content = content[int(length) :]
    return records


def _path(name: bytes) -> tuple[str, ...]:
    if len(name) > MAX_NAME_BYTES:
        raise TarDamaged(f"a path in it has more than {MAX_NAME_BYTES:,} bytes")
    try:
        text = name.decode()
    except UnicodeDecodeError as error:
        raise TarDamaged("a path in it is not UTF-8 text") from error
    parts = text.split("/")
    if text.startswith("/") or ".." in parts or "\0" in text:
        raise TarDamaged(f"{text:.120} points outside the archive")
    return tuple(part for part in parts if part not in ("", "."))


class _Unzipped:
    """The unpacked stream of a .gz file, of one or more members. It buffers about a megabyte."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._limit = max(MIN_UNPACKED_BYTES, file.seek(0, 2) * MAX_RATIO)
        self._file.seek(0)
        self._zlib = zlib.decompressobj(_GZIP_WINDOW)
        self._packed = b""
        self._ready = b""
        self._total = 0

    def read(self, size: int) -> bytes:
        parts = []
        while size:
            part = self._take(size)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        while size:
            size -= len(self._take(size))

    def finish(self) -> None:
        """Read to the end, where gzip's checksum is, to detect a damaged or truncated end."""
        while self._fill():
            self._ready = b""

    def _take(self, most: int) -> bytes:
        if not self._ready and not self._fill():
            raise TarDamaged("it is truncated")
        part, self._ready = self._ready[:most], self._ready[most:]
        return part

    def _fill(self) -> bool:
        """Unpack the next part; False at the end of the file."""
        while not self._ready:
            self._packed = self._packed or self._file.read(_CHUNK_BYTES)
            at_end = not self._packed
            if self._zlib.eof:  # another gzip member may follow, and zeros, which gzip ignores
                self._packed = self._packed.lstrip(b"\0")
                if at_end:
                    return False
                if self._packed:
                    self._zlib = zlib.decompressobj(_GZIP_WINDOW)
                continue
            try:
                self._ready = self._zlib.decompress(self._packed, _CHUNK_BYTES)
            except zlib.error as error:
                raise TarDamaged(f"it is not a gzip file, or it is damaged ({error})") from error
            self._packed = self._zlib.unconsumed_tail or self._zlib.unused_data
            if at_end and not self._ready and not self._zlib.eof:
                raise TarDamaged("it is truncated")
            self._total += len(self._ready)
            if self._total > self._limit:
                raise TarDamaged(f"it unpacks to more than {MAX_RATIO} times its size")
        return True
