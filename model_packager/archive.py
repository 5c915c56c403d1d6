"""model.tar.gz: a model repository as SageMaker takes it.

Weights do not compress (7 % of random float32 at 29 MB/s with zlib's default), so the gzip stream
holds stored blocks: the bytes of the tar, with five bytes before every 65,535 of them. It is one
gzip member, since some readers stop after the first. The model comes first and config.pbtxt last,
so that what changes most often lies at the end.
"""

import io
import struct
import tarfile
import zlib
from collections.abc import Iterable
from typing import BinaryIO, Protocol

from model_packager import repository

BLOCK_BYTES = 65_535
"""The most that one stored block can hold (RFC 1951, 3.2.4)."""

_BLOCKS_AT_ONCE = 32
_CHUNK_BYTES = BLOCK_BYTES * _BLOCKS_AT_ONCE
# No name, no time, no operating system: the same bytes everywhere (RFC 1952, 2.3).
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


class SizeChanged(Exception):
    """The model file does not hold as many bytes as it was said to hold."""


class Writer(Protocol):
    """Anything that takes bytes, such as a file or an S3 multipart upload."""

    def write(self, data: bytes, /) -> object:
        """Take `data`."""


class _StoredGzip:
    """A writable gzip stream of stored blocks. It passes on about 2 MiB at a time."""

    def __init__(self, output: Writer) -> None:
        self._output = output
        self._pending = b""
        self._crc = 0
        self._size = 0
        output.write(_GZIP_HEADER)

    def write(self, data: bytes) -> int:
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        together = self._pending + data
        whole = len(together) - len(together) % _CHUNK_BYTES
        if whole:
            self._output.write(_stored_blocks(memoryview(together)[:whole]))
        self._pending = together[whole:]
        return len(data)

    def tell(self) -> int:
        return self._size

    def finish(self) -> None:
        trailer = struct.pack("<II", self._crc, self._size & 0xFFFFFFFF)
        blocks = _stored_blocks(memoryview(self._pending))
        self._output.write(blocks + _block_header(0, final=True) + trailer)


def _stored_blocks(data: memoryview) -> bytes:
    pieces: list[bytes | memoryview] = []
    for start in range(0, len(data), BLOCK_BYTES):
        block = data[start : start + BLOCK_BYTES]
        pieces += (_block_header(len(block), final=False), block)
    return b"".join(pieces)


def _block_header(size: int, *, final: bool) -> bytes:
    return struct.pack("<BHH", final, size, size ^ 0xFFFF)


def write_model_archive(
    output: Writer,
    model: str,
    model_file: BinaryIO,
    size: int,
    config: str,
    labels: bytes | None = None,
    *,
    path: str = "1/model.pt",
) -> None:
    """Write the model repository of one model as a .tar.gz, the same bytes for the same input.

    Memory stays flat at a few MiB, whatever the model's size, and sizes above 8 GiB work (GNU
    tar's base-256 size). Where an exception is raised, `output` holds an archive cut short.

    Args:
        output: takes the archive, about 2 MiB at a time.
        model: name of the model, and so of the folder.
        model_file: the model's bytes, read once from where it stands to its end.
        size: how many bytes `model_file` gives.
        config: text of config.pbtxt.
        labels: content of labels.txt, one class a line.
        path: where the model's file lies in the model's folder (`ModelFormat.path`).

    Raises:
        SizeChanged: `model_file` gives fewer or more bytes than `size`.
    """
    gzip = _StoredGzip(output)
    with _tar_into(gzip) as tar:
        _add_file(tar, repository.model_path(model, path), model_file, size)
        _add_config(tar, model, config, labels)
    gzip.finish()


def write_folder_archive(
    output: Writer,
    model: str,
    files: Iterable[tuple[str, int, BinaryIO]],
    config: str,
    labels: bytes | None = None,
) -> None:
    """Write the model repository of a model that is a folder, else as `write_model_archive`.

    Args:
        output: takes the archive, about 2 MiB at a time.
        model: name of the model, and so of the folder.
        files: path in the model's folder, size and content of each; read once, in order.
        config: text of config.pbtxt.
        labels: content of labels.txt, one class a line.

    Raises:
        SizeChanged: a file gives fewer or more bytes than its size.
    """
    gzip = _StoredGzip(output)
    with _tar_into(gzip) as tar:
        for path, size, content in files:
            _add_file(tar, repository.model_path(model, path), content, size)
        _add_config(tar, model, config, labels)
    gzip.finish()


def _tar_into(gzip: _StoredGzip) -> tarfile.TarFile:
    return tarfile.TarFile(
        fileobj=gzip,  # type: ignore[arg-type]  # it needs no more than write and tell
        mode="w",
        format=tarfile.GNU_FORMAT,
        copybufsize=_CHUNK_BYTES,
    )


def _add_file(tar: tarfile.TarFile, path: str, file: BinaryIO, size: int) -> None:
    source = _ExactSource(file, size)
    tar.addfile(_member(path, size), source)  # type: ignore[arg-type]  # it only reads
    source.expect_end()


def _add_config(tar: tarfile.TarFile, model: str, config: str, labels: bytes | None) -> None:
    if labels is not None:
        _add(tar, repository.labels_path(model), labels)
    _add(tar, repository.config_path(model), config.encode())


class _ExactSource:
    """A file that must hold `size` bytes. tarfile takes a short read for the end; this does not."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._read = 0

    def read(self, wanted: int) -> bytes:
        parts: list[bytes] = []
        missing = wanted
        while missing:
            part = self._file.read(missing)
            if not part:
                raise SizeChanged(
                    f"The model file ends after {self._read:,} bytes, and {self._size:,} were "
                    "expected."
                )
            parts.append(part)
            missing -= len(part)
            self._read += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def expect_end(self) -> None:
        if self._file.read(1):
            raise SizeChanged(f"The model file holds more than the {self._size:,} bytes expected.")


def _add(tar: tarfile.TarFile, path: str, content: bytes) -> None:
    tar.addfile(_member(path, len(content)), io.BytesIO(content))


def _member(path: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)  # mtime, uid and gid 0, mode 644, and no owner's name
    member.size = size
    return member
