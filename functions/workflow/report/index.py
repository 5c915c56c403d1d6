"""Writing the index anew from what the bucket says, safe against others that do so, too."""

from __future__ import annotations

from datetime import UTC, datetime

from botocore.exceptions import ClientError

from model_packager.names import REPORT_INDEX
from workflow.aws.aws_errors import code, object_has_changed, object_is_missing
from workflow.aws.clients import s3
from workflow.report.index_page import index_page
from workflow.report.model_summary import read_standings


def write_index(bucket: str) -> str:
    """Write it, and give its S3 URI.

    Who looks at the entity tag, then reads, and writes only where the tag is still that, never puts
    what is older over what is newer. Whoever is overtaken tries once more. Whoever is overtaken
    twice is done: the second to overtake saw the tag that the first had left, and so read after we
    had written what we came to tell of. S3's reads and listings are strongly consistent.
    """
    for _attempt in range(2):
        seen = _entity_tag(bucket)
        page = index_page(read_standings(bucket), datetime.now(UTC))
        if _put(bucket, page, seen):
            break
    return f"s3://{bucket}/{REPORT_INDEX}"


def _entity_tag(bucket: str) -> str | None:
    try:
        return s3().head_object(Bucket=bucket, Key=REPORT_INDEX)["ETag"]
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise


def _put(bucket: str, page: str, seen: str | None) -> bool:
    """Put it where it is as it was seen; tell whether it was."""
    try:
        if seen is None:
            _write(bucket, page, IfNoneMatch="*")
        else:
            _write(bucket, page, IfMatch=seen)
    except ClientError as error:
        # 409: another conditional write was under way (PutObject API reference, If-Match).
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
