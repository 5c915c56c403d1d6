"""Copies an object within S3, without downloading it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.aws_limits import COPY_BYTES
from workflow.archive.multipart_upload import MultipartUpload
from workflow.aws.clients import s3
from workflow.drop.source_object import pin, source_unchanged

if TYPE_CHECKING:
    from model_packager.stored import Source

COPY_LIMIT_BYTES = COPY_BYTES.value
"""Larger objects are copied in parts."""

PART_BYTES = 1024**3


def copy_source(source: Source, size: int, bucket: str, key: str) -> None:
    """Copy the dropped object in its dropped state; S3 computes its checksum.

    A copy with one request gets a SHA-256. A copy in parts gets a CRC, because S3 can combine only
    CRCs (Amazon S3 user guide, "Checking object integrity", full object checksums).

    Raises:
        SourceChanged: the object is no longer in that state.
    """
    pinned = pin(source)
    with source_unchanged(source):
        if size <= COPY_LIMIT_BYTES:
            # Copying the tags would need s3:GetObjectTagging.
            s3().copy_object(
                Bucket=bucket,
                Key=key,
                CopySource={"Bucket": pinned["Bucket"], "Key": pinned["Key"]},
                CopySourceIfMatch=pinned["IfMatch"],
                TaggingDirective="REPLACE",
                ChecksumAlgorithm="SHA256",
            )
        else:
            with MultipartUpload(bucket, key, checksum="CRC64NVME") as upload:
                upload.copy(pinned, size, PART_BYTES)
