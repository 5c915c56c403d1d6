"""A seekable file that fetches its bytes in a few small ranges."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

TAIL_BYTES = 384 * 1024
"""The last bytes, which contain the directory and the code of nearly every model."""

HEAD_BYTES = 64 * 1024
"""The first bytes, which contain the code of a frozen model, and any spec and labels."""

BLOCK_BYTES = 128 * 1024
"""The size of all other reads. The three sizes add up to less than 0.6 MB."""


class RangedFile(io.RawIOBase):
    """Reads a file in ranges, and caches only the tail and the latest block.

    The tail is fetched first and cached separately, because it contains a zip archive's directory.
    """

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        """Read a file of `size` bytes; `fetch(start, length)` returns a range of it."""
        self._fetch = fetch
        self._size = size
        self._position = 0
        self._tail = self._block(max(0, size - TAIL_BYTES), TAIL_BYTES)
        self._latest = self._tail

    def _block(self, start: int, length: int) -> tuple[int, bytes]:
        length = min(length, self._size - start)
        return start, self._fetch(start, length) if length > 0 else b""

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"negative seek position {base + offset}")
        self._position = base + offset
        return self._position

    @override
    def tell(self) -> int:
        return self._position

    @override
    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        if self._position >= self._size:
            return 0
        start, block = self._covering(self._position, len(view))
        piece = block[self._position - start :][: len(view)]
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def _covering(self, position: int, length: int) -> tuple[int, bytes]:
        for start, block in (self._tail, self._latest):
            if start <= position < start + len(block):
                return start, block
        least = BLOCK_BYTES if position else HEAD_BYTES
        self._latest = self._block(position, max(least, length))
        return self._latest
