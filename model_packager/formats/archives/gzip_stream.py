"""Unpacks an untrusted .tar.gz in one pass, with a limit for the compression ratio."""

import zlib
from typing import BinaryIO

from model_packager.formats.archives.unpacked_file import GZIP_WINDOW, PACKED_BYTES, Checkpoints

MAX_RATIO = 200
"""Weights hardly compress; zlib's maximum is about 1,000."""

MIN_UNPACKED_BYTES = 256 * 1024 * 1024
"""Up to this unpacked size, which takes a second, any compression ratio is allowed."""

BLOCK = 512
"""The size of a tar header in bytes; tar pads each content to a multiple of it."""

_CHUNK_BYTES = 1024 * 1024

_CONVERT = "FILE | gzip > model.tar.gz"
_OTHER_KINDS = (
    (0, b"BZh", f"a bzip2 archive; convert it with `bzip2 -dc {_CONVERT}`"),
    (0, b"\xfd7zXZ\x00", f"an xz archive; convert it with `xz -dc {_CONVERT}`"),
    (0, b"\x28\xb5\x2f\xfd", f"a zstd archive; convert it with `zstd -dc {_CONVERT}`"),
    (0, b"PK", "a zip archive; unpack it, and pack the files with tar"),
    (257, b"ustar", "a tar archive without compression; run `gzip FILE`"),
)
"""The offset of each magic number, the magic number, and the kind of file."""


class TarGzDamaged(Exception):
    """The archive cannot be read, or cannot contain a model repository."""


class GzipStream:
    """The unpacked stream of a .gz file with one or more members. It buffers about a megabyte."""

    def __init__(self, file: BinaryIO, checkpoints: Checkpoints | None) -> None:
        """Start at the beginning of a seekable file.

        Raises:
            TarGzDamaged: the file is a known kind of archive, but not a .tar.gz.
        """
        self._file = file
        self._checkpoints = checkpoints
        self._limit = max(MIN_UNPACKED_BYTES, file.seek(0, 2) * MAX_RATIO)
        self._file.seek(0)
        head = self._file.read(BLOCK)
        for at, mark, kind in _OTHER_KINDS:
            if head[at:].startswith(mark):
                raise TarGzDamaged(f"it is {kind}")
        self._file.seek(0)
        self._zlib = zlib.decompressobj(GZIP_WINDOW)
        self._packed = b""
        self._ready = memoryview(b"")
        self._read_bytes = 0
        self._total = 0

    @property
    def position(self) -> int:
        """The number of unpacked bytes that were read."""
        return self._total - len(self._ready)

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes.

        Raises:
            TarGzDamaged: there are fewer, the file is damaged, or it is too compressible.
        """
        parts = []
        while size:
            part = self._take(size)
            parts.append(bytes(part))
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Read the next `size` bytes without keeping them; raises as `read` does."""
        while size:
            size -= len(self._take(size))

    def finish(self) -> None:
        """Read to the end, so that zlib checks gzip's checksum.

        Only zeros may follow tar's end, because some programs unpack content there.

        Raises:
            TarGzDamaged: other content follows, or the file is damaged.
        """
        while self._ready or self._fill():
            if bytes(self._ready).strip(b"\0"):
                raise TarGzDamaged("it has more content after its end")
            self._ready = memoryview(b"")

    def _take(self, most: int) -> memoryview:
        if not self._ready and not self._fill():
            raise TarGzDamaged("it is truncated")
        part, self._ready = self._ready[:most], self._ready[most:]
        return part

    def _fill(self) -> bool:
        """Unpack the next part; False at the end of the file."""
        while not self._ready:
            if not self._packed:
                self._packed = self._file.read(PACKED_BYTES)
                self._read_bytes += len(self._packed)
            at_end = not self._packed
            if self._zlib.eof:  # another gzip member may follow, or zeros, which gzip ignores
                self._packed = self._packed.lstrip(b"\0")
                if at_end:
                    return False
                if self._packed:
                    self._zlib = zlib.decompressobj(GZIP_WINDOW)
                continue
            try:
                self._ready = memoryview(self._zlib.decompress(self._packed, _CHUNK_BYTES))
            except zlib.error as error:
                raise TarGzDamaged(f"it is not a gzip file, or it is damaged ({error})") from error
            self._packed = self._zlib.unconsumed_tail or self._zlib.unused_data
            if at_end and not self._ready and not self._zlib.eof:
                raise TarGzDamaged("it is truncated")
            self._total += len(self._ready)
            if self._total > self._limit:
                raise TarGzDamaged(f"it unpacks to more than {MAX_RATIO} times its size")
            if self._checkpoints is not None and not self._packed and not self._zlib.eof:
                self._checkpoints.note(self._total, self._read_bytes, self._zlib)
        return True
