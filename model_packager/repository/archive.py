"""model.tar.gz: a model repository in the format for SageMaker.

Weights do not compress (zlib's default saves 7 % of random float32 at 29 MB/s), so the archive is
stored, not deflated (stored_gzip.py). The model comes first. Labels and config.pbtxt, which change
most often, come last and in separate blocks. The bytes before them, the lead, are the same for the
same model, and can be copied from an existing archive.
"""

import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from model_packager.repository import layout
from model_packager.repository.crc32 import crc32
from model_packager.repository.stored_gzip import BLOCK_BYTES, HEADER, end, stored

_CHUNK_BYTES = BLOCK_BYTES * 32


class SizeChanged(Exception):
    """The model file does not have the expected size."""


class Writer(Protocol):
    """A sink for bytes, such as a file or an S3 multipart upload."""

    def write(self, data: bytes | bytearray, /) -> object:
        """Take `data`."""


@dataclass(frozen=True)
class Lead:
    """The leading part of an archive, which contains everything but labels and config.

    Attributes:
        archive_bytes: its size in the archive, in bytes.
        tar_bytes: its size in the tar, in bytes.
        crc32: the CRC32 of its bytes in the tar.
    """

    archive_bytes: int
    tar_bytes: int
    crc32: int


def write_folder_archive(
    output: Writer,
    model: str,
    files: Iterable[tuple[str, int, BinaryIO]],
    config: str,
    labels: bytes | None = None,
) -> None:
    """Write the model repository of one model as a .tar.gz; the same input gives the same bytes.

    Memory stays constant at a few MiB, whatever the model's size, and sizes above 8 GiB work (GNU
    tar's base-256 size). After an exception, `output` contains a truncated archive.

    Args:
        output: receives the archive, in writes of about 2 MiB.
        model: the name of the model and the folder.
        files: the path in the model's folder, size and content of each file; read once, in order.
        config: the text of config.pbtxt.
        labels: the content of labels.txt, with one class per line.

    Raises:
        SizeChanged: a file has fewer or more bytes than its size.
    """
    lead = write_folder_lead(output, model, files)
    output.write(closing(lead, model, config, labels))


def write_folder_lead(
    output: Writer, model: str, files: Iterable[tuple[str, int, BinaryIO]]
) -> Lead:
    """Write only the files, without the bytes of `closing`; see `write_folder_archive`."""
    gzip = _StoredGzip(output)
    for path, size, content in files:
        gzip.write(member_header(model, path, size))
        source = _ExactSource(content, size)
        while chunk := source.read(_CHUNK_BYTES):
            gzip.write(chunk)
        gzip.write(bytes(padding(size)))
    return gzip.lead()


def member_header(model: str, path: str, size: int) -> bytes:
    """Return the tar header before a file of the model's folder."""
    return _header(layout.model_path(model, path), size)


def padding(size: int) -> int:
    """Return the number of zeros after a file, up to the next tar block."""
    return -size % tarfile.BLOCKSIZE


def closing(lead: Lead, model: str, config: str, labels: bytes | None) -> bytes:
    """Return the archive's bytes after its lead: labels, config, and the ends of tar and gzip."""
    tar = b"" if labels is None else _member(layout.labels_path(model), labels)
    tar += _member(layout.config_path(model), config.encode())
    tar += bytes(2 * tarfile.BLOCKSIZE)
    size = lead.tar_bytes + len(tar)
    tar += bytes(-size % tarfile.RECORDSIZE)
    size += -size % tarfile.RECORDSIZE
    return bytes(stored(tar)) + end(crc32(tar, lead.crc32), size)


def _member(path: str, content: bytes) -> bytes:
    return _header(path, len(content)) + content + bytes(padding(len(content)))


def _header(path: str, size: int) -> bytes:
    member = tarfile.TarInfo(path)  # mtime, uid and gid 0, mode 644, and no owner's name
    member.size = size
    return member.tobuf(tarfile.GNU_FORMAT)  # with base-256 sizes above 8 GiB


class _StoredGzip:
    """A writable gzip stream of stored blocks, which passes on about 2 MiB at a time."""

    def __init__(self, output: Writer) -> None:
        self._output = output
        self._pending = b""
        self._crc = 0
        self._size = 0
        self._written = len(HEADER)
        output.write(HEADER)

    def write(self, data: bytes) -> None:
        self._crc = crc32(data, self._crc)
        self._size += len(data)
        together = self._pending + data
        whole = len(together) - len(together) % _CHUNK_BYTES
        if whole:
            self._send(together[:whole])
        self._pending = together[whole:]

    def lead(self) -> Lead:
        """End the current block, and describe everything that was written."""
        self._send(self._pending)
        return Lead(self._written, self._size, self._crc)

    def _send(self, data: bytes) -> None:
        blocks = stored(data)
        self._written += len(blocks)
        self._output.write(blocks)


class _ExactSource:
    """A file that must have exactly `size` bytes."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._read = 0

    def read(self, most: int) -> bytes:
        """Return up to `most` bytes; fewer only at the end."""
        output = io.BytesIO()
        missing = min(most, self._size - self._read)
        while missing:
            part = self._file.read(missing)
            if not part:
                raise SizeChanged(
                    f"The model file ends after {self._read:,} bytes, but should have "
                    f"{self._size:,}."
                )
            output.write(part)
            missing -= len(part)
            self._read += len(part)
        if self._read == self._size and not output.tell() and self._file.read(1):
            raise SizeChanged(f"The model file has more than the expected {self._size:,} bytes.")
        return output.getvalue()
