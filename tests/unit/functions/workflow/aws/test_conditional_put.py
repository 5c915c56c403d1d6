"""A conditional write returns whether it succeeded. Another writer is not an error."""

from __future__ import annotations

import pytest

from workflow.aws.clients import s3
from workflow.aws.conditional_put import put_if_unchanged

BUCKET, KEY = "artifacts", "_reports.json"


@pytest.fixture(autouse=True)
def bucket(aws: None) -> None:
    s3().create_bucket(Bucket=BUCKET)


def put(etag: str | None) -> bool:
    return put_if_unchanged(BUCKET, KEY, b"{}", etag, "application/json")


def test_object_that_does_not_exist_yet_is_written_once() -> None:
    assert put(None)
    assert not put(None)


def test_object_is_written_while_it_has_the_etag() -> None:
    etag = s3().put_object(Bucket=BUCKET, Key=KEY, Body=b"1")["ETag"]
    assert put(etag)
    assert not put(etag)


def test_object_that_was_deleted_is_not_written() -> None:
    """S3 returns 404 in this case, not 412."""
    etag = s3().put_object(Bucket=BUCKET, Key=KEY, Body=b"1")["ETag"]
    s3().delete_object(Bucket=BUCKET, Key=KEY)
    assert not put(etag)
