"""Stores each object as one or more files in a folder, not in memory."""

import base64
import hashlib
import itertools
import os
import shutil
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from model_packager.aws_limits import COPY_BYTES, PART_BYTES

MIN_PART_BYTES = PART_BYTES.least
COPY_LIMIT_BYTES = COPY_BYTES.value
_CHUNK_BYTES = 1024**2


class Refused(Exception):
    """S3 rejects a request, with an HTTP status and an error code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Stored:
    """An object or a part. `etag` includes the quotes. `checksums` has base64 texts by name."""

    files: tuple[Path, ...]
    size: int
    etag: str
    checksums: dict[str, str]

    def pieces(self, start: int, length: int) -> Iterator[tuple[Path, int, int]]:
        """Yield the file, offset and length of each piece of a range."""
        for path in self.files:
            size = path.stat().st_size
            here = min(size - start, length)
            if here > 0:
                yield path, start, here
                length -= here
            start = max(0, start - size)


@dataclass
class Upload:
    """A multipart upload in progress."""

    key: tuple[str, str]
    algorithm: str | None
    parts: dict[int, Stored] = field(default_factory=dict)


class Store:
    """Buckets, objects and uploads."""

    def __init__(self, folder: Path) -> None:
        """Keep the files in a folder."""
        self._folder = folder
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self.objects: dict[tuple[str, str], Stored] = {}
        self.uploads: dict[str, Upload] = {}

    def receive(self, size: int, read: Callable[[memoryview], int]) -> tuple[Path, int]:
        """Write the bytes that `read` returns to a new file. Return its path and CRC32."""
        path, crc, buffer = self.new_file(), 0, memoryview(bytearray(_CHUNK_BYTES))
        with path.open("wb") as file:
            while size:
                got = read(buffer[: min(size, _CHUNK_BYTES)])
                if not got:
                    raise Refused(400, "IncompleteBody")
                crc = zlib.crc32(buffer[:got], crc)
                file.write(buffer[:got])
                size -= got
        return path, crc

    def new_file(self) -> Path:
        """Return a new path in the folder."""
        with self._lock:
            return self._folder / str(next(self._numbers))

    def get(self, bucket: str, key: str) -> Stored:
        """Return the object.

        Raises:
            Refused: the object or upload does not exist.
        """
        try:
            return self.objects[bucket, key]
        except KeyError:
            raise Refused(404, "NoSuchKey") from None

    def put_sparse(self, bucket: str, key: str, size: int) -> Stored:
        """Add an object of zeros that takes no disk space."""
        path = self.new_file()
        with path.open("wb") as file:
            file.truncate(size)
        self.objects[bucket, key] = Stored((path,), size, f'"sparse{size}"', {})
        return self.objects[bucket, key]

    def copy(self, source: Stored, start: int, length: int, algorithm: str | None) -> Stored:
        """Copy a range, as S3 does for CopyObject and UploadPartCopy."""
        path = self.new_file()
        with path.open("wb") as target:
            for piece, offset, size in source.pieces(start, length):
                with piece.open("rb") as file:
                    _copy(file.fileno(), target.fileno(), offset, size)
        return self.with_checksum(path, algorithm)

    def with_checksum(self, path: Path, algorithm: str | None) -> Stored:
        """Compute the requested checksum of a file that was sent without one."""
        crc, digest = 0, hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                if algorithm == "SHA256":
                    digest.update(chunk)
                else:
                    crc = zlib.crc32(chunk, crc)
        if algorithm == "SHA256":
            value = digest.digest()
            return self.stored(path, value, {"SHA256": base64.b64encode(value).decode()})
        checksums = {"CRC32": in_base64(crc)} if algorithm == "CRC32" else {}
        return self.stored(path, crc.to_bytes(4, "big"), checksums)

    @staticmethod
    def stored(path: Path, content: bytes, checksums: dict[str, str]) -> Stored:
        """Return a stored object for a file. The digest `content` becomes the ETag."""
        size = path.stat().st_size
        etag = hashlib.sha256(content + size.to_bytes(8, "big")).hexdigest()[:32]
        return Stored((path,), size, f'"{etag}"', checksums)

    def complete(self, upload_id: str, requested: list[tuple[int, str]]) -> Stored:
        """Join parts to an object. Each part except the last must have at least 5 MiB."""
        upload = self.upload(upload_id)
        numbers = [number for number, _ in requested]
        if numbers != sorted(set(numbers)) or not requested:
            raise Refused(400, "InvalidPartOrder")
        parts = [upload.parts.get(number) for number in numbers]
        files: list[Path] = []
        for part, (_, etag) in zip(parts, requested, strict=True):
            if part is None or part.etag != etag:
                raise Refused(400, "InvalidPart")
            files += part.files
        known = [part for part in parts if part is not None]
        if any(part.size < MIN_PART_BYTES for part in known[:-1]):
            raise Refused(400, "EntityTooSmall")
        digest = hashlib.sha256("".join(part.etag for part in known).encode()).hexdigest()[:32]
        completed = Stored(
            tuple(files), sum(part.size for part in known), f'"{digest}-{len(known)}"', {}
        )
        self.objects[upload.key] = completed
        del self.uploads[upload_id]
        return completed

    def upload(self, upload_id: str) -> Upload:
        """Return the upload in progress.

        Raises:
            Refused: the object or upload does not exist.
        """
        try:
            return self.uploads[upload_id]
        except KeyError:
            raise Refused(404, "NoSuchUpload") from None

    def abort(self, upload_id: str) -> None:
        """Abort an upload and remove its parts."""
        for part in self.upload(upload_id).parts.values():
            _remove(part)
        del self.uploads[upload_id]

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object if it exists."""
        stored = self.objects.pop((bucket, key), None)
        if stored is not None:
            _remove(stored)

    def clear(self) -> None:
        """Remove everything."""
        self.objects.clear()
        self.uploads.clear()
        shutil.rmtree(self._folder)
        self._folder.mkdir()


def in_base64(crc: int) -> str:
    """Return a CRC32 in S3's format."""
    return base64.b64encode(crc.to_bytes(4, "big")).decode()


def _remove(stored: Stored) -> None:
    for path in stored.files:
        path.unlink(missing_ok=True)


def _copy(source: int, target: int, offset: int, size: int) -> None:
    while size:
        done = os.copy_file_range(source, target, size, offset_src=offset)
        offset += done
        size -= done
