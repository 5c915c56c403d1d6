"""The dropped object in S3: one fixed state of it, or SourceChanged."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TypedDict, cast

from botocore.exceptions import ClientError
from typing_extensions import override

from model_packager.model_format import DEFAULT_BLOCK_BYTES
from model_packager.repository import LABELS_FILE
from workflow.aws_errors import object_has_changed, object_is_missing
from workflow.clients import s3
from workflow.errors import SourceChanged, SpecRejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

    from workflow.contracts import Source

SPEC_FILE = "deploy.yaml"

BLOCK_BYTES = DEFAULT_BLOCK_BYTES
"""One read of this size from the end holds the directory and the code of nearly every model."""


BESIDE_LIMIT_BYTES = {SPEC_FILE: 64 * 1024, LABELS_FILE: 4 * 1024 * 1024}
"""A spec travels through the states, whose data is limited to 256 KiB (Step Functions quotas)."""


class Pin(TypedDict):
    """The arguments of GetObject and HeadObject that fix the state of an object.

    The entity tag, not the version id: an object that has been overwritten is not to be read on,
    since the drop that overwrote it has an execution of its own.
    """

    Bucket: str
    Key: str
    IfMatch: str


def pin(source: Source) -> Pin:
    """Give the arguments that make S3 answer for this state of the object, or not at all.

    An entity tag is quoted (RFC 9110, 8.8.3); that of an event is not.
    """
    return {"Bucket": source.bucket, "Key": source.key, "IfMatch": f'"{source.etag}"'}


@contextmanager
def source_unchanged(source: Source) -> Iterator[None]:
    """Turn S3's answer that the pinned state is gone into SourceChanged."""
    try:
        yield
    except ClientError as error:
        if object_has_changed(error) or object_is_missing(error):
            raise source_changed(source) from error
        raise


def source_changed(source: Source) -> SourceChanged:
    """Say that the object is not what was dropped any more."""
    return SourceChanged(
        f"s3://{source.bucket}/{source.key} was overwritten or deleted while it was deployed.",
        "Nothing to do if you dropped it again: the newer drop is deployed by its own execution. "
        "Otherwise upload the model once more.",
    )


def source_size(source: Source) -> int:
    """Give the object's size in bytes; raises SourceChanged."""
    with source_unchanged(source):
        return s3().head_object(**pin(source))["ContentLength"]


def open_source(source: Source) -> BinaryIO:
    """Begin to read the object from its start; raises SourceChanged."""
    with source_unchanged(source):
        return cast("BinaryIO", s3().get_object(**pin(source))["Body"])


def read_beside(source: Source, name: str) -> bytes | None:
    """Read one of the small files that may lie beside a model; None where there is none.

    Raises:
        SpecRejected: it is larger than can be meant.
    """
    folder = source.key.rpartition("/")[0]
    key = f"{folder}/{name}" if folder else name
    try:
        answer = s3().get_object(Bucket=source.bucket, Key=key)
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise
    size, limit = answer["ContentLength"], BESIDE_LIMIT_BYTES[name]
    if size > limit:
        raise SpecRejected(
            f"{name} has {size:,} bytes; at most {limit:,} are read.",
            f"Make {name} shorter, then drop the model again.",
        )
    return answer["Body"].read()


class SourceReader(io.RawIOBase):
    """The dropped object as a seekable file, read by ranges; nothing is kept but two blocks.

    The last block is kept apart, since a zip archive's directory lies there. Reading raises
    SourceChanged where the object is not there any more in the state that was dropped.
    """

    def __init__(self, source: Source, size: int, block_bytes: int = BLOCK_BYTES) -> None:
        self._source = source
        self._size = size
        self._block_bytes = block_bytes
        self._position = 0
        self._tail = self._block(max(0, size - block_bytes))
        self._latest = self._tail

    def _block(self, start: int) -> tuple[int, bytes]:
        if start >= self._size:
            return start, b""
        last = min(start + self._block_bytes, self._size) - 1
        with source_unchanged(self._source):
            answer = s3().get_object(**pin(self._source), Range=f"bytes={start}-{last}")
            return start, answer["Body"].read()

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
        start, block = self._covering(self._position)
        piece = block[self._position - start :][: len(view)]
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def _covering(self, position: int) -> tuple[int, bytes]:
        for start, block in (self._tail, self._latest):
            if start <= position < start + len(block):
                return start, block
        self._latest = self._block(position)
        return self._latest
