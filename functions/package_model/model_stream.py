"""The leading part of an archive, in pieces, read from the dropped object in ranges.

Reader threads fetch several ranges concurrently, and the upload has its own writer threads. With
shared threads, one direction of the network would be idle whenever all of them read or all write.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.repository.archive import Lead, member_header, padding
from model_packager.repository.crc32 import joined
from model_packager.repository.stored_gzip import Piece
from workflow.archive.part_size import part_size
from workflow.aws.aws_errors import UNREACHABLE
from workflow.aws.clients import s3
from workflow.drop.source_object import pin, source_changed, source_unchanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_packager.stored import Source

READERS = 3
PENDING_PIECES = 3
"""The maximum number of pieces that are being read or are waiting."""

_READ_BYTES = 1_000_000
"""The bytes per read. Each read passes through three libraries, so small reads cost CPU time."""

_ATTEMPTS = 3


@dataclass(frozen=True)
class Part:
    """A part of the archive.

    Attributes:
        body: the part's bytes.
        crc32: the CRC32 of these bytes.
    """

    body: bytearray
    crc32: int


@dataclass(frozen=True)
class _Read:
    """A piece with all its bytes, and the CRC32 of its content, its body and its model bytes."""

    piece: Piece
    content: int
    body: int
    model: int


class ModelStream:
    """Iterates once over the parts of an archive that contain the model.

    Attributes:
        lead: describes all parts together.
        crc32: the CRC32 of the object. Both are complete after the last part.
    """

    def __init__(self, source: Source, size: int, model: str, path: str) -> None:
        """Read the dropped object of `size` bytes as the file `path` in the model's folder."""
        self._source = source
        self._size = size
        self._head = member_header(model, path, size)
        self._tar_bytes = len(self._head) + size + padding(size)
        self._part_bytes = part_size(self._tar_bytes)
        self.crc32 = 0
        self.lead = Lead(0, 0, 0)

    def __iter__(self) -> Iterator[Part]:
        """Yield the parts in order.

        Raises:
            SourceChanged: the object is no longer in its dropped state.
        """
        pool, pending = ThreadPoolExecutor(READERS), deque[tuple[int, Future[_Read]]]()
        try:
            for start in range(0, self._tar_bytes, self._part_bytes):
                if len(pending) == PENDING_PIECES:
                    yield self._taken(*pending.popleft())
                pending.append((start, pool.submit(self._read, start, self._piece(start))))
            while pending:
                yield self._taken(*pending.popleft())
        finally:
            pool.shutdown(cancel_futures=True)

    def _taken(self, start: int, reading: Future[_Read]) -> Part:
        read, before = reading.result(), self.lead
        _, _, length = self._range(start)
        end = min(start + self._part_bytes, self._tar_bytes)
        self.crc32 = joined(self.crc32, read.model, length)
        self.lead = Lead(
            before.archive_bytes + len(read.piece.body),
            end,
            joined(before.crc32, read.content, end - start),
        )
        return Part(read.piece.body, read.body)

    def _range(self, start: int) -> tuple[int, int, int]:
        """Return the model bytes' offset in the piece, offset in the model, and count."""
        first = max(start - len(self._head), 0)
        at = first + len(self._head) - start
        return at, first, max(0, min(self._size - first, self._part_bytes - at))

    def _piece(self, start: int) -> Piece:
        """Allocate a piece. The threads do not allocate: each would keep its own free memory."""
        piece = Piece(min(self._part_bytes, self._tar_bytes - start), first=start == 0)
        piece.put(0, self._head[start:])
        return piece

    def _read(self, start: int, piece: Piece) -> _Read:
        at, first, length = self._range(start)
        for attempt in range(_ATTEMPTS if length else 0):
            try:
                self._fetch(piece, at, first, length)
                break
            except UNREACHABLE:
                if attempt == _ATTEMPTS - 1:
                    raise
        content, body = piece.crc32s()
        # Only the first and the last pieces also have bytes that are not the model's.
        model = content if length == self._part_bytes else piece.crc32(at, length)
        return _Read(piece, content, body, model)

    def _fetch(self, piece: Piece, at: int, first: int, length: int) -> None:
        """Read a range into its place in the archive."""
        with source_unchanged(self._source):
            byte_range = f"bytes={first}-{first + length - 1}"
            body = s3().get_object(**pin(self._source), Range=byte_range)["Body"]
        while length:
            read = body.read(min(length, _READ_BYTES))
            if not read:
                raise source_changed(self._source)
            piece.put(at, read)
            at += len(read)
            length -= len(read)
