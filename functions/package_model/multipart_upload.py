"""An S3 object that is written like a file, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

from workflow.aws_errors import object_is_missing
from workflow.clients import s3

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MIN_PART_BYTES = 8 * 1024 * 1024
MAX_PARTS = 9_990
"""S3 takes at most 10,000 parts of at least 5 MiB (Amazon S3 user guide, multipart limits)."""


def object_exists(bucket: str, key: str) -> bool:
    """Tell whether the object is there. A multipart upload is seen whole or not at all."""
    try:
        s3().head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if object_is_missing(error):
            return False
        raise
    return True


def part_bytes(size: int) -> int:
    """Give the part size for an object of about `size` bytes, in whole doublings of 8 MiB."""
    part = MIN_PART_BYTES
    while size > part * MAX_PARTS:
        part *= 2
    return part


class Target(TypedDict):
    """Where the object is to be."""

    Bucket: str
    Key: str


class MultipartUpload:
    """Writes an object of about `size` bytes; holds one part in memory.

    As a context manager it completes the upload on a clean exit and aborts it on an exception, its
    own included, so that no object and no billed part is left.
    """

    def __init__(self, bucket: str, key: str, size: int) -> None:
        self._target: Target = {"Bucket": bucket, "Key": key}
        self._part_bytes = part_bytes(size)
        self._buffer = bytearray()
        self._parts: list[CompletedPartTypeDef] = []
        self._upload_id = ""

    def __enter__(self) -> Self:
        created = s3().create_multipart_upload(**self._target, ChecksumAlgorithm="CRC32")
        self._upload_id = created["UploadId"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._abort()
            return
        try:
            self._complete()
        except BaseException:
            self._abort()
            raise

    def write(self, data: bytes) -> int:
        """Take bytes, and send as many whole parts as there are."""
        self._buffer += data
        while len(self._buffer) >= self._part_bytes:
            self._send_part()
        return len(data)

    def _complete(self) -> None:
        if self._buffer or not self._parts:  # an upload has one part at least
            self._send_part()
        s3().complete_multipart_upload(
            **self._target, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
        )

    def _abort(self) -> None:
        s3().abort_multipart_upload(**self._target, UploadId=self._upload_id)

    def _send_part(self) -> None:
        body = bytes(self._buffer[: self._part_bytes])
        del self._buffer[: self._part_bytes]
        number = len(self._parts) + 1
        sent = s3().upload_part(
            **self._target,
            UploadId=self._upload_id,
            PartNumber=number,
            Body=body,
            ChecksumAlgorithm="CRC32",
        )
        part: CompletedPartTypeDef = {"PartNumber": number, "ETag": sent["ETag"]}
        if "ChecksumCRC32" in sent:
            part["ChecksumCRC32"] = sent["ChecksumCRC32"]
        self._parts.append(part)
