"""The leading part of an archive, piece by piece, read from the dropped object by ranges.

Several ranges are read at a time, by threads of their own; those that write are the upload's. A
thread that read and wrote in turn would leave the wire idle in one direction whenever all of them
went the same way.
"""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from model_packager.repository.archive import Lead, member_header, padding
from model_packager.repository.stored_gzip import Piece
from package_model.part_size import part_size
from workflow.aws.aws_errors import UNREACHABLE
from workflow.aws.clients import s3
from workflow.drop.source_object import pin, source_changed, source_unchanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_packager.stored import Source

READERS = 3
PENDING_PIECES = 3
"""How many pieces are read, or wait for their turn."""

_ATTEMPTS = 3


class ModelStream:
    """Iterates over the pieces of an archive that hold one model. Used once.

    Attributes:
        lead: what the pieces are together. It and `sha256` are complete behind the last piece.
    """

    def __init__(self, source: Source, size: int, model: str, path: str) -> None:
        """Read the dropped object of `size` bytes, as the file `path` in the model's folder."""
        self._source = source
        self._size = size
        self._head = member_header(model, path, size)
        self._tar_bytes = len(self._head) + size + padding(size)
        self._part_bytes = part_size(self._tar_bytes)
        self._sha256 = hashlib.sha256()
        self.lead = Lead(0, 0, 0)

    @property
    def sha256(self) -> str:
        """SHA-256 of the object, in hex."""
        return self._sha256.hexdigest()

    def __iter__(self) -> Iterator[Piece]:
        """Give the pieces in order.

        Raises:
            SourceChanged: the object is not there any more in the state that was dropped.
        """
        pool, pending = ThreadPoolExecutor(READERS), deque[tuple[int, Future[Piece]]]()
        try:
            for start in range(0, self._tar_bytes, self._part_bytes):
                if len(pending) == PENDING_PIECES:
                    yield self._taken(*pending.popleft())
                pending.append((start, pool.submit(self._read, start, self._piece(start))))
            while pending:
                yield self._taken(*pending.popleft())
        finally:
            pool.shutdown(cancel_futures=True)

    def _taken(self, start: int, reading: Future[Piece]) -> Piece:
        piece = reading.result()
        at, _, length = self._range(start)
        for view in piece.views(at, length):
            self._sha256.update(view)
        before = self.lead
        self.lead = Lead(
            before.archive_bytes + len(piece.body),
            min(start + self._part_bytes, self._tar_bytes),
            piece.crc32(before.crc32),
        )
        return piece

    def _range(self, start: int) -> tuple[int, int, int]:
        """Give where in the piece the model's bytes begin, where they do in the model, how many."""
        first = max(start - len(self._head), 0)
        at = first + len(self._head) - start
        return at, first, max(0, min(self._size - first, self._part_bytes - at))

    def _piece(self, start: int) -> Piece:
        """Make room. Not in the threads, each of which would keep its own store of free memory."""
        piece = Piece(min(self._part_bytes, self._tar_bytes - start), first=start == 0)
        piece.put(0, self._head[start:])
        return piece

    def _read(self, start: int, piece: Piece) -> Piece:
        at, first, length = self._range(start)
        for attempt in range(_ATTEMPTS if length else 0):
            try:
                self._fetch(piece, at, first, length)
                break
            except UNREACHABLE:
                if attempt == _ATTEMPTS - 1:
                    raise
        return piece

    def _fetch(self, piece: Piece, at: int, first: int, length: int) -> None:
        """Read a range straight to where it lies in the archive."""
        with source_unchanged(self._source):
            wanted = f"bytes={first}-{first + length - 1}"
            body = s3().get_object(**pin(self._source), Range=wanted)["Body"]
        for view in piece.views(at, length):
            left = view
            while left:
                read = body.readinto(left)  # type: ignore[arg-type]  # any buffer
                if not read:
                    raise source_changed(self._source)
                left = left[read:]
