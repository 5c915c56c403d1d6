from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from model_client.async_result import Failed, Succeeded, bucket_and_key, poll_result

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OUTPUT, FAILURE = "s3://artifacts/_async/outputs/1.out", "s3://artifacts/_async/failures/1.out"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="artifacts")
        yield client


def put(s3: S3Client, uri: str, content: bytes, content_type: str = "text/plain") -> None:
    bucket, key = bucket_and_key(uri)
    s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)


def test_request_that_waits_has_no_result(s3: S3Client) -> None:
    assert poll_result(s3, OUTPUT, FAILURE) is None
    assert poll_result(s3, OUTPUT, None) is None


def test_output_has_the_content_type_of_the_container(s3: S3Client) -> None:
    put(s3, OUTPUT, b"{}", "application/json")
    assert poll_result(s3, OUTPUT, FAILURE) == Succeeded(b"{}", "application/json")


def test_failure_object_has_the_message(s3: S3Client) -> None:
    put(s3, FAILURE, b"out of memory")
    assert poll_result(s3, OUTPUT, FAILURE) == Failed("out of memory")
    assert poll_result(s3, OUTPUT, None) is None
