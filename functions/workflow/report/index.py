"""Rewrites the index from the bucket's content, safe against concurrent writers."""

from __future__ import annotations

from datetime import UTC, datetime

from botocore.exceptions import ClientError

from model_packager.names import REPORT_INDEX
from workflow.aws.aws_errors import code, object_has_changed, object_is_missing
from workflow.aws.clients import s3
from workflow.report.index_page import index_page
from workflow.report.model_summary import read_model_summaries


def write_index(bucket: str) -> str:
    """Write the index, and return its S3 URI.

    Each writer reads the ETag, then the reports, and writes only if the ETag is unchanged: an older
    index never replaces a newer one. After a conflict it tries once more. After a second conflict
    it can stop: that writer saw the first one's ETag, so it read the bucket after our report was
    written. S3's reads and listings are strongly consistent.
    """
    for _attempt in range(2):
        etag = _etag(bucket)
        page = index_page(read_model_summaries(bucket), datetime.now(UTC))
        if _put(bucket, page, etag):
            break
    return f"s3://{bucket}/{REPORT_INDEX}"


def _etag(bucket: str) -> str | None:
    try:
        return s3().head_object(Bucket=bucket, Key=REPORT_INDEX)["ETag"]
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise


def _put(bucket: str, page: str, etag: str | None) -> bool:
    """Write the page if the ETag is unchanged; return whether it was."""
    try:
        if etag is None:
            _write(bucket, page, IfNoneMatch="*")
        else:
            _write(bucket, page, IfMatch=etag)
    except ClientError as error:
        # 409: another conditional write was in progress (PutObject API reference, If-Match).
        if object_has_changed(error) or code(error) == "ConditionalRequestConflict":
            return False
        raise
    return True


def _write(bucket: str, page: str, **condition: str) -> None:
    s3().put_object(
        Bucket=bucket,
        Key=REPORT_INDEX,
        Body=page.encode(),
        ContentType="text/html; charset=utf-8",
        **condition,  # type: ignore[arg-type]  # IfMatch or IfNoneMatch
    )
