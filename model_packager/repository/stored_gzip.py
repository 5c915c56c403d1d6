"""gzip streams of stored blocks: the unchanged bytes, with five bytes before every 65,535.

Blocks do not refer to each other and begin at whole bytes (RFC 1951, 3.2.4), so pieces of a stream
can be created separately and copied. The stream is one gzip member, because some readers stop after
the first member.
"""

import struct
from collections.abc import Iterator

from model_packager.repository.crc32 import crc32, joined

BLOCK_BYTES = 65_535
"""The maximum bytes in one stored block (RFC 1951, 3.2.4)."""

# No name, no time, no operating system: the same bytes everywhere (RFC 1952, 2.3).
HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

_BLOCK_HEADER = struct.Struct("<BHH")


class Piece:
    """A buffer for a number of bytes, framed as stored blocks. The last block may be shorter.

    Attributes:
        body: the piece as it is in the stream.
        blocks: views of the blocks' content, initially zeros, to fill with the bytes in order.
    """

    def __init__(self, size: int, *, first: bool = False) -> None:
        """Allocate `size` bytes. The first piece of a stream begins with gzip's header."""
        head = HEADER if first else b""
        self.body = bytearray(len(head) + stored_size(size))
        self.body[: len(head)] = head
        self.blocks: list[memoryview] = []
        self._head_bytes = len(head)
        view, at = memoryview(self.body), len(head)
        for start in range(0, size, BLOCK_BYTES):
            length = min(BLOCK_BYTES, size - start)
            _BLOCK_HEADER.pack_into(self.body, at, 0, length, length ^ 0xFFFF)
            at += _BLOCK_HEADER.size
            self.blocks.append(view[at : at + length])
            at += length

    def views(self, start: int, length: int) -> Iterator[memoryview]:
        """Yield the views for `length` bytes from offset `start`."""
        for block in self.blocks:
            view = block[start : start + length]
            start = max(0, start - len(block))
            length -= len(view)
            if view:
                yield view

    def put(self, start: int, data: bytes) -> None:
        """Write bytes from offset `start`."""
        left = memoryview(data)
        for view in self.views(start, len(data)):
            view[:], left = left[: len(view)], left[len(view) :]

    def crc32s(self) -> tuple[int, int]:
        """Return the CRC32 of the bytes and the CRC32 of the body, from one pass over both."""
        content, at = 0, self._head_bytes
        body = crc32(self.body[:at])
        for block in self.blocks:
            framed = at + _BLOCK_HEADER.size
            own, size = crc32(block), len(block)
            content = joined(content, own, size)
            body = joined(crc32(self.body[at:framed], body), own, size)
            at = framed + size
        return content, body

    def crc32(self, start: int, length: int) -> int:
        """Return the CRC32 of `length` bytes from offset `start`."""
        value = 0
        for view in self.views(start, length):
            value = crc32(view, value)
        return value


def stored_size(size: int) -> int:
    """Return the size of a piece of `size` bytes in the stream, without gzip's header."""
    return size + -(-size // BLOCK_BYTES) * _BLOCK_HEADER.size


def stored(data: bytes) -> bytearray:
    """Frame bytes as stored blocks."""
    piece, left = Piece(len(data)), memoryview(data)
    for block in piece.blocks:
        block[:], left = left[: len(block)], left[len(block) :]
    return piece.body


def end(checksum: int, size: int) -> bytes:
    """Return the end of a stream: an empty last block, the CRC32, and the size modulo 4 GiB.

    Args:
        checksum: the CRC32 of all bytes.
        size: the number of all bytes (RFC 1952, 2.3.1, ISIZE).
    """
    return _BLOCK_HEADER.pack(1, 0, 0xFFFF) + struct.pack("<II", checksum, size & 0xFFFFFFFF)
