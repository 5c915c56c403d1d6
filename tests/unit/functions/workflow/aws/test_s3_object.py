"""A missing object is no error, and neither is another writer: a write returns its success."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from workflow.aws.clients import s3
from workflow.aws.s3_object import head_object, put_if_unchanged, read_object

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


def test_object_is_read_with_its_etag() -> None:
    etag = s3().put_object(Bucket=BUCKET, Key=KEY, Body=b"1")["ETag"]
    found = read_object(BUCKET, KEY)
    assert found is not None
    assert (found.content, found.etag) == (b"1", etag)
    head = head_object(BUCKET, KEY)
    assert head is not None
    assert (head["ContentLength"], head["ETag"]) == (1, etag)


def test_missing_object_is_not_an_error_but_a_missing_bucket_is() -> None:
    assert read_object(BUCKET, KEY) is None
    assert head_object(BUCKET, KEY) is None
    with pytest.raises(ClientError, match="NoSuchBucket"):
        read_object("nobody-has-it", KEY)
