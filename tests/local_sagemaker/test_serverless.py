"""Serverless endpoints: a request starts the container, which stops when it is idle."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from modeldrop.local.sagemaker.faults import EndpointFault
from tests.local_sagemaker.archives import linear_archive
from tests.local_sagemaker.conftest import (
    BUCKET,
    IMAGE,
    ROLE,
    LocalSageMaker,
    start_local_sagemaker,
)
from tests.local_sagemaker.inference import linear
from tests.waiting import until

MINUTE = 0.5
ENDPOINT = "serverless"
VARIANT: Any = {
    "VariantName": "primary",
    "ModelName": ENDPOINT,
    "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1},
}


@pytest.fixture(scope="module")
def serverless(aws_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSageMaker]:
    home = tmp_path_factory.mktemp("serverless")
    local = start_local_sagemaker(home, aws_url, seconds_per_minute=MINUTE)
    local.put_model(ENDPOINT, linear_archive(2.0))
    local.sagemaker.create_endpoint_config(
        EndpointConfigName=ENDPOINT, ProductionVariants=[VARIANT]
    )
    local.create_endpoint(ENDPOINT, ENDPOINT)
    assert local.settled(ENDPOINT)["EndpointStatus"] == "InService"
    yield local
    assert local.stop() == 0


def servers(local: LocalSageMaker) -> list[Path]:
    return list((local.home / "tritonservers").glob("*"))


def test_starts_with_a_request_and_stops_when_idle(serverless: LocalSageMaker) -> None:
    until(lambda: not servers(serverless))
    assert np.allclose(linear(serverless, ENDPOINT, [[1, 1, 1, 1]]), 8.0)
    assert len(servers(serverless)) == 1
    [variant] = serverless.describe(ENDPOINT)["ProductionVariants"]
    assert variant["CurrentServerlessConfig"]["MemorySizeInMB"] == 2048
    assert "CurrentInstanceCount" not in variant
    until(lambda: not servers(serverless), 30)
    assert serverless.describe(ENDPOINT)["EndpointStatus"] == "InService"


def test_more_requests_than_max_concurrency_are_throttled(serverless: LocalSageMaker) -> None:
    linear(serverless, ENDPOINT, [[1, 1, 1, 1]])
    slow = EndpointFault(kind="slow_response", endpoint_contains=ENDPOINT, seconds=2.0)
    serverless.faults.add(slow)

    def outcome(_: int) -> str:
        try:
            linear(serverless, ENDPOINT, [[1, 1, 1, 1]])
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "answered"

    try:
        with ThreadPoolExecutor(2) as clients:
            # Either request may be first. On a busy computer, they may not overlap.
            until(
                lambda: (
                    sorted(clients.map(outcome, range(2))) == ["ThrottlingException", "answered"]
                )
            )
    finally:
        serverless.faults.clear()


def test_what_sagemaker_excludes_is_refused(serverless: LocalSageMaker) -> None:
    sagemaker = serverless.sagemaker
    serverless.s3.put_object(Bucket=BUCKET, Key="plain/linear/config.pbtxt", Body=b"")
    source = {"S3Uri": f"s3://{BUCKET}/plain/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    container: Any = {"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}}
    sagemaker.create_model(
        ModelName="plain",
        ExecutionRoleArn=ROLE,
        PrimaryContainer=container,
    )
    sagemaker.create_model(
        ModelName="isolated",
        ExecutionRoleArn=ROLE,
        EnableNetworkIsolation=True,
        PrimaryContainer={
            "Image": IMAGE,
            "ModelDataUrl": f"s3://{BUCKET}/{ENDPOINT}/model.tar.gz",
        },
    )
    capture: Any = {
        "InitialSamplingPercentage": 10,
        "DestinationS3Uri": "s3://x/y",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    cases: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"ModelName": "plain"}, {}, "Uncompressed model data"),
        ({"ModelName": "isolated"}, {}, "network isolation"),
        ({"InstanceType": "ml.m5.large"}, {}, "InstanceType is not supported"),
        ({"ServerlessConfig": {"MemorySizeInMB": 1500, "MaxConcurrency": 1}}, {}, "multiple"),
        ({}, {"DataCaptureConfig": capture}, "DataCaptureConfig is not supported"),
    ]
    for changed, more, message in cases:
        with pytest.raises(ClientError, match=message):
            sagemaker.create_endpoint_config(
                EndpointConfigName="refused", ProductionVariants=[VARIANT | changed], **more
            )
    with pytest.raises(ClientError, match="413") as caught:
        serverless.runtime.invoke_endpoint(EndpointName=ENDPOINT, Body=bytes(4_000_001))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    serverless.create_config("instances", ENDPOINT)
    with pytest.raises(ClientError, match="cannot become serverless"):
        sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="instances")
