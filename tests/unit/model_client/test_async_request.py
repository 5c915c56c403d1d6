from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from model_client.async_request import (
    Failed,
    QueuedRequest,
    Succeeded,
    bucket_and_key,
    poll_result,
    submit_request,
)
from model_packager.names.request import ASYNC_INPUTS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OUTPUT, FAILURE = "s3://artifacts/_async/outputs/1.out", "s3://artifacts/_async/failures/1.out"
REQUEST = QueuedRequest(OUTPUT, FAILURE)
WITHOUT_FAILURE_OBJECT = QueuedRequest(OUTPUT, None)


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
    assert poll_result(s3, REQUEST) is None
    assert poll_result(s3, WITHOUT_FAILURE_OBJECT) is None


def test_output_has_the_content_type_of_the_container(s3: S3Client) -> None:
    put(s3, OUTPUT, b"{}", "application/json")
    assert poll_result(s3, REQUEST) == Succeeded(b"{}", "application/json")


def test_failure_object_has_the_message(s3: S3Client) -> None:
    put(s3, FAILURE, b"out of memory")
    assert poll_result(s3, REQUEST) == Failed("out of memory")
    assert poll_result(s3, WITHOUT_FAILURE_OBJECT) is None


def test_submitted_request_names_its_own_input_object(s3: S3Client) -> None:
    runtime = boto3.client("sagemaker-runtime", region_name="us-east-1")
    sent: list[dict[str, str]] = []
    runtime.meta.events.register(
        "provide-client-params.sagemaker-runtime.InvokeEndpointAsync",
        lambda params, **_: sent.append(params),
    )
    for body in (b"one", b"two"):
        request = submit_request(
            s3.put_object,
            runtime.invoke_endpoint_async,
            bucket="artifacts",
            endpoint="modeldrop-resnet",
            body=body,
            content_type="application/x-image",
        )
        assert isinstance(poll_result(s3, request), Succeeded)
    inputs = [s3.get_object(Bucket=bucket, Key=key) for bucket, key in map(location, sent)]
    assert [(each["Body"].read(), each["ContentType"]) for each in inputs] == [
        (b"one", "application/x-image"),
        (b"two", "application/x-image"),
    ]
    assert {(each["EndpointName"], each["ContentType"]) for each in sent} == {
        ("modeldrop-resnet", "application/x-image")
    }


def location(params: dict[str, str]) -> tuple[str, str]:
    bucket, key = bucket_and_key(params["InputLocation"])
    assert key.startswith(ASYNC_INPUTS)
    return bucket, key
