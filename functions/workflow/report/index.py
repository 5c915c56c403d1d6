"""Rewrites the index from the bucket's content, safe against concurrent writers."""

from __future__ import annotations

from datetime import UTC, datetime

from model_packager.names.report import REPORT_INDEX
from workflow.aws.s3_object import head_object, put_if_unchanged
from workflow.report.index_page import index_page
from workflow.report.model_summary import read_model_summaries


def write_index(bucket: str) -> str:
    """Write the index, and return its S3 URI.

    Each writer reads the ETag, then the reports, and writes only if the ETag is unchanged: an older
    index never replaces a newer one. After a conflict, it tries once more. After a second conflict,
    it can stop: the second writer saw the first one's ETag, so it read the bucket after this report
    was written. S3's reads and listings are strongly consistent.
    """
    for _attempt in range(2):
        before = head_object(bucket, REPORT_INDEX)
        etag = before["ETag"] if before else None
        page = index_page(read_model_summaries(bucket), datetime.now(UTC))
        if put_if_unchanged(bucket, REPORT_INDEX, page.encode(), etag, "text/html; charset=utf-8"):
            break
    return f"s3://{bucket}/{REPORT_INDEX}"
