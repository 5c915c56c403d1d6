"""Writes an S3 object only if nobody else has written it in the meantime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import code, object_has_changed, object_is_missing
from workflow.aws.clients import s3

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import PutObjectOutputTypeDef


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
