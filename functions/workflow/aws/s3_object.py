"""Reads an S3 object that may not exist; writes one only if nobody else has written it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import code, object_has_changed, object_is_missing
from workflow.aws.clients import s3

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef, PutObjectOutputTypeDef


@dataclass(frozen=True)
class S3Object:
    """The content of an object, and its ETag as S3 returned it."""

    content: bytes
    etag: str


def read_object(bucket: str, key: str) -> S3Object | None:
    """Read an object; None if it does not exist."""
    try:
        found = s3().get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise
    return S3Object(found["Body"].read(), found["ETag"])


def head_object(bucket: str, key: str) -> HeadObjectOutputTypeDef | None:
    """Describe the current state of an object; None if it does not exist."""
    try:
        return s3().head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise


def put_if_unchanged(
    bucket: str, key: str, body: bytes, etag: str | None, content_type: str
) -> bool:
    """Write the object if it still has this ETag; return whether it was written.

    Args:
        bucket: the bucket.
        key: the object's key.
        body: the new content.
        etag: as S3 returned it; None if the object did not exist.
        content_type: the content type.
    """

    def put(**condition: str) -> PutObjectOutputTypeDef:
        return s3().put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            ContentType=content_type,
            **condition,  # type: ignore[arg-type]  # IfMatch or IfNoneMatch
        )

    try:
        put(IfNoneMatch="*") if etag is None else put(IfMatch=etag)
    except ClientError as error:
        # 409: another conditional write was in progress (PutObject API reference, If-Match). 404:
        # the object was deleted (S3 user guide, "How to prevent object overwrites with conditional
        # writes").
        changed = object_has_changed(error) or object_is_missing(error)
        if changed or code(error) == "ConditionalRequestConflict":
            return False
        raise
    return True
