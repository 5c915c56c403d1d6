"""Copying an object within S3, without its bytes passing through the function."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from workflow.clients import s3
from workflow.source_object import pin, source_unchanged

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, CopySourceTypeDef

    from workflow.contracts import Source

COPY_LIMIT_BYTES = 5 * 1024**3
"""CopyObject takes no more (Amazon S3 API reference); larger objects are copied by parts."""

PART_BYTES = 1024**3
_THREADS = 8


def copy_source(source: Source, size: int, bucket: str, key: str) -> None:
    """Copy the dropped object, in the state that was dropped.

    Raises:
        SourceChanged: it is not there any more in that state.
    """
    pinned = pin(source)
    origin: CopySourceTypeDef = {"Bucket": pinned["Bucket"], "Key": pinned["Key"]}
    with source_unchanged(source):
        if size <= COPY_LIMIT_BYTES:
            # Tags are not taken along: that would need s3:GetObjectTagging.
            s3().copy_object(
                Bucket=bucket,
                Key=key,
                CopySource=origin,
                CopySourceIfMatch=pinned["IfMatch"],
                TaggingDirective="REPLACE",
            )
        else:
            _copy_by_parts(origin, pinned["IfMatch"], size, bucket, key)


def _copy_by_parts(
    origin: CopySourceTypeDef, if_match: str, size: int, bucket: str, key: str
) -> None:
    upload = s3().create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]

    def copy_part(number: int) -> CompletedPartTypeDef:
        start = (number - 1) * PART_BYTES
        last = min(start + PART_BYTES, size) - 1
        copied = s3().upload_part_copy(
            Bucket=bucket,
            Key=key,
            CopySource=origin,
            CopySourceIfMatch=if_match,
            CopySourceRange=f"bytes={start}-{last}",
            PartNumber=number,
            UploadId=upload,
        )
        return {"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]}

    try:
        with ThreadPoolExecutor(_THREADS) as pool:
            parts = list(pool.map(copy_part, range(1, -(-size // PART_BYTES) + 1)))
        s3().complete_multipart_upload(
            Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
        )
    except BaseException:
        s3().abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
        raise
