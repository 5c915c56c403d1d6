"""Random access to the unpacked content of a .gz file, in bounded memory and work.

The first pass over the file records checkpoints from which zlib can continue. A later read unpacks
from the nearest checkpoint, so that reading one file does not unpack gigabytes of others.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import Any, BinaryIO

MAX_CHECKPOINTS = 128
"""A checkpoint takes 40 KB. If there are more, every other one is deleted."""

PACKED_BYTES = 64 * 1024
"""The packed bytes that zlib gets at a time."""

GZIP_WINDOW = 31  # 15 bits, and a gzip header (zlib's manual, inflateInit2)
SPARE_BYTES = 64 * 1024 * 1024

_SPACING = 1024 * 1024
_CHUNK_BYTES = 1024 * 1024


class TooManyReads(Exception):
    """Reads of an archive's files unpack too much of the archive again."""


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """A position in the unpacked content and in the .gz file, with zlib's state."""

    unpacked: int
    packed: int
    state: Any


class Checkpoints:
    """The checkpoints of one .gz file."""

    def __init__(self) -> None:
        self._all = [_Checkpoint(0, 0, zlib.decompressobj(GZIP_WINDOW))]
        self._spacing = _SPACING

    def note(self, unpacked: int, packed: int, state: Any) -> None:
        """Keep a checkpoint if the last one is far enough away. `state` must have no input left."""
        if unpacked - self._all[-1].unpacked < self._spacing:
            return
        self._all.append(_Checkpoint(unpacked, packed, state.copy()))
        if len(self._all) > MAX_CHECKPOINTS:
            self._all = self._all[::2]
            self._spacing *= 2

    def before(self, unpacked: int) -> _Checkpoint:
        """Return the last checkpoint at or before a position."""
        return next(each for each in reversed(self._all) if each.unpacked <= unpacked)


class UnpackedStream:
    """The unpacked content of a .gz file, at any position.

    All reads together may unpack the size of the content once more, plus SPARE_BYTES.
    """

    def __init__(self, file: BinaryIO, checkpoints: Checkpoints, size: int) -> None:
        """Read a file whose first pass recorded the checkpoints; `size` is its unpacked size."""
        self._file = file
        self._checkpoints = checkpoints
        self._left = size + SPARE_BYTES
        self._ready = self._packed = b""
        self._start(checkpoints.before(0))

    def read(self, position: int, size: int) -> bytes:
        """Return up to `size` bytes; empty at the end.

        Raises:
            TooManyReads: all reads together unpack too much.
        """
        nearest = self._checkpoints.before(position)
        if position < self._begin or nearest.unpacked > self._begin + len(self._ready):
            self._start(nearest)
        while position >= self._begin + len(self._ready):
            self._begin += len(self._ready)
            self._ready = b""
            if not self._fill():
                return b""
        at = position - self._begin
        return self._ready[at : at + size]

    def _start(self, checkpoint: _Checkpoint) -> None:
        self._begin, self._at = checkpoint.unpacked, checkpoint.packed
        self._ready = self._packed = b""
        self._state = checkpoint.state.copy()

    def _fill(self) -> bool:
        while not self._ready:
            if not self._packed:
                self._file.seek(self._at)
                self._packed = self._file.read(PACKED_BYTES)
                self._at += len(self._packed)
            at_end = not self._packed
            if at_end and self._state.eof:
                return False
            if self._state.eof:  # the end of one gzip member; another one may follow
                self._state = zlib.decompressobj(GZIP_WINDOW)
                self._packed = self._packed.lstrip(b"\0")
                continue
            self._ready = self._state.decompress(self._packed, _CHUNK_BYTES)
            self._packed = self._state.unconsumed_tail or self._state.unused_data
            if at_end and not self._ready:
                return False
            self._left -= len(self._ready)
            if self._left < 0:
                raise TooManyReads("reading its files takes too much work")
        return True


class UnpackedFile(io.RawIOBase):
    """One file of an archive, as a part of the unpacked stream."""

    def __init__(self, stream: UnpackedStream, start: int, size: int) -> None:
        """Represent `size` bytes of the stream from `start`."""
        self._stream = stream
        self._start = start
        self._size = size
        self._position = 0

    def readable(self) -> bool:  # noqa: D102
        return True

    def seekable(self) -> bool:  # noqa: D102
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:  # noqa: D102
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"negative seek position {base + offset}")
        self._position = base + offset
        return self._position

    def tell(self) -> int:  # noqa: D102
        return self._position

    def readinto(self, buffer: Any, /) -> int:  # noqa: D102
        view = memoryview(buffer).cast("B")
        size = min(len(view), max(0, self._size - self._position))
        data = self._stream.read(self._start + self._position, size) if size else b""
        view[: len(data)] = data
        self._position += len(data)
        return len(data)
