"""A file-like writer that splits its bytes into the parts of an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.archive.part_size import part_size

if TYPE_CHECKING:
    from workflow.archive.multipart_upload import MultipartUpload


class PartWriter:
    """Collects bytes into parts, and sends each complete part."""

    def __init__(self, upload: MultipartUpload, size: int) -> None:
        """Write an object of about `size` bytes."""
        self._upload = upload
        self._part_bytes = part_size(size)
        self._buffer = bytearray()

    def write(self, data: bytes | bytearray) -> int:
        """Buffer the bytes, and send all complete parts."""
        self._buffer += data
        while len(self._buffer) >= self._part_bytes:
            self._upload.send(self._buffer[: self._part_bytes])
            del self._buffer[: self._part_bytes]
        return len(data)

    def finish(self) -> None:
        """Send the rest."""
        if self._buffer:
            self._upload.send(self._buffer)
            self._buffer = bytearray()
