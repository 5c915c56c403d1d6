"""A multipart upload that transfers several parts concurrently."""

from __future__ import annotations

import base64
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal, TypedDict

from model_packager.repository.crc32 import crc32
from workflow.aws.clients import s3

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from mypy_boto3_s3.type_defs import CompletedPartTypeDef


WRITERS = 4
PENDING_PARTS = 4
"""The maximum number of parts in memory."""


class CopySource(TypedDict):
    """An object in the state with this entity tag."""

    Bucket: str
    Key: str
    IfMatch: str


class UploadTarget(TypedDict):
    """The bucket and key of the new object."""

    Bucket: str
    Key: str


class MultipartUpload:
    """Creates an object from parts that are sent or copied in the order of the calls.

    As a context manager, it completes the upload on a clean exit. On any exception, including its
    own, it aborts the upload, so that no object and no billed part is left.
    """

    def __init__(self, bucket: str, key: str, *, checksum: Literal["CRC32", "CRC64NVME"]) -> None:
        """Let S3 verify each part and the whole object by this checksum."""
        self._target: UploadTarget = {"Bucket": bucket, "Key": key}
        self._checksum: Literal["CRC32", "CRC64NVME"] = checksum
        self._pool = ThreadPoolExecutor(WRITERS)
        self._pending: deque[Future[CompletedPartTypeDef]] = deque()
        self._parts: list[CompletedPartTypeDef] = []
        self._begun = 0
        self._upload_id = ""

    def __enter__(self) -> Self:
        created = s3().create_multipart_upload(
            **self._target, ChecksumAlgorithm=self._checksum, ChecksumType="FULL_OBJECT"
        )
        self._upload_id = created["UploadId"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._complete()
        except BaseException:
            self._abort()
            raise
        if kind is not None:
            self._abort()

    def send(self, body: bytes | bytearray, body_crc32: int | None = None) -> None:
        """Send a part; waits while the maximum number of parts is in transfer.

        Args:
            body: the part.
            body_crc32: the CRC32 of the part, if the caller knows it.
        """

        def send(number: int) -> CompletedPartTypeDef:
            value = crc32(body) if body_crc32 is None else body_crc32
            checksum = base64.b64encode(value.to_bytes(4, "big")).decode()
            sent = s3().upload_part(
                **self._target,
                UploadId=self._upload_id,
                PartNumber=number,
                Body=body,  # type: ignore[arg-type]  # botocore takes a bytearray as it is
                ChecksumCRC32=checksum,
            )
            return {"PartNumber": number, "ETag": sent["ETag"], "ChecksumCRC32": checksum}

        self._begin(send)

    def copy(self, pinned: CopySource, size: int, part_bytes: int) -> None:
        """Copy the first `size` bytes of a pinned object in parts.

        Each part has `part_bytes` or a little more, because S3 accepts parts below 5 MiB only as
        the last part (Amazon S3 user guide, multipart upload limits).
        """
        count = max(1, size // part_bytes)
        for index in range(count):
            self._begin(
                self._copying(pinned, size * index // count, size * (index + 1) // count - 1)
            )

    def _copying(
        self, pinned: CopySource, first: int, last: int
    ) -> Callable[[int], CompletedPartTypeDef]:
        def copy(number: int) -> CompletedPartTypeDef:
            copied = s3().upload_part_copy(
                **self._target,
                UploadId=self._upload_id,
                PartNumber=number,
                CopySource={"Bucket": pinned["Bucket"], "Key": pinned["Key"]},
                CopySourceIfMatch=pinned["IfMatch"],
                CopySourceRange=f"bytes={first}-{last}",
            )["CopyPartResult"]
            part: CompletedPartTypeDef = {"PartNumber": number, "ETag": copied["ETag"]}
            if self._checksum == "CRC32" and "ChecksumCRC32" in copied:
                part["ChecksumCRC32"] = copied["ChecksumCRC32"]
            if self._checksum == "CRC64NVME" and "ChecksumCRC64NVME" in copied:
                part["ChecksumCRC64NVME"] = copied["ChecksumCRC64NVME"]
            return part

        return copy

    def _begin(self, work: Callable[[int], CompletedPartTypeDef]) -> None:
        if len(self._pending) == PENDING_PARTS:
            self._parts.append(self._pending.popleft().result())
        self._begun += 1
        self._pending.append(self._pool.submit(work, self._begun))

    def _complete(self) -> None:
        while self._pending:
            self._parts.append(self._pending.popleft().result())
        self._pool.shutdown()
        s3().complete_multipart_upload(
            **self._target,
            UploadId=self._upload_id,
            ChecksumType="FULL_OBJECT",
            MultipartUpload={"Parts": self._parts},
        )

    def _abort(self) -> None:
        """Abort after the parts in transfer, which S3 could keep (AbortMultipartUpload)."""
        self._pool.shutdown(cancel_futures=True)
        s3().abort_multipart_upload(**self._target, UploadId=self._upload_id)
