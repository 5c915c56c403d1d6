"""Asynchronous endpoints: the queue, S3, SNS, and scaling to zero and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.binary_inference import BINARY
from tests.local_sagemaker.archives import rows_archive
from tests.local_sagemaker.conftest import BUCKET, LocalSageMaker, client, start_local_sagemaker
from tests.local_sagemaker.inference import rows_request
from tests.topic_queue import topic_queue
from tests.waiting import until

MINUTE = 0.5
"""The length of a minute for the scaling policies, in seconds."""

ENDPOINT = "queued"
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{ENDPOINT}/variant/primary",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def async_config(local: LocalSageMaker, name: str, topic: str | None = None) -> None:
    output: Any = {
        "S3OutputPath": f"s3://{BUCKET}/out",
        "S3FailurePath": f"s3://{BUCKET}/failed",
    }
    if topic:
        output["NotificationConfig"] = {"SuccessTopic": topic, "ErrorTopic": topic}
    local.sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": "primary",
                "ModelName": ENDPOINT,
                "InstanceType": "ml.c5.large",
                "InitialInstanceCount": 1,
            }
        ],
        AsyncInferenceConfig={
            "OutputConfig": output,
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 8},
        },
    )


@pytest.fixture(scope="module")
def topic(aws_url: str) -> str:
    arn: str = client("sns", aws_url).create_topic(Name="inference")["TopicArn"]
    return arn


@pytest.fixture(scope="module")
def queued(
    aws_url: str, topic: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalSageMaker]:
    """An asynchronous endpoint that serves a linear model: each output is the sum of its row."""
    home = tmp_path_factory.mktemp("async")
    local = start_local_sagemaker(home, aws_url, seconds_per_minute=MINUTE)
    local.put_model(ENDPOINT, rows_archive())
    async_config(local, ENDPOINT, topic)
    local.create_endpoint(ENDPOINT, ENDPOINT)
    assert local.settled(ENDPOINT)["EndpointStatus"] == "InService"
    yield local
    assert local.stop() == 0


def send(local: LocalSageMaker, content: bytes, **members: Any) -> Any:
    return local.runtime.invoke_endpoint_async(
        EndpointName=ENDPOINT, Body=content, ContentType="application/json", **members
    )


def read(local: LocalSageMaker, uri: str) -> bytes | None:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        return local.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except local.s3.exceptions.NoSuchKey:
        return None


def answer(local: LocalSageMaker, uri: str) -> list[float]:
    content: bytes = until(lambda: read(local, uri))
    data: list[float] = json.loads(content)["outputs"][0]["data"]
    return data


def test_output_object_and_notification(queued: LocalSageMaker, topic: str, aws_url: str) -> None:
    sns, sqs = client("sns", aws_url), client("sqs", aws_url)
    with topic_queue(sns, sqs, topic) as messages:
        queued.s3.put_object(Bucket=BUCKET, Key="in/rows.json", Body=rows_request([[1, 2, 3, 4]]))
        accepted = queued.runtime.invoke_endpoint_async(
            EndpointName=ENDPOINT,
            InputLocation=f"s3://{BUCKET}/in/rows.json",
            ContentType="application/json",
            InferenceId="../mine",
        )
        assert accepted["ResponseMetadata"]["HTTPStatusCode"] == 202
        assert accepted["InferenceId"] == "../mine"
        assert answer(queued, accepted["OutputLocation"]) == [10, 10, 10]
        assert read(queued, accepted["FailureLocation"]) is None
        (envelope,) = until(messages.envelopes)
    content = json.loads(envelope["Message"])
    assert content["invocationStatus"] == "Completed"
    assert content["inferenceId"] == "../mine"
    assert content["responseParameters"]["outputLocation"] == accepted["OutputLocation"]


def test_failure_object(queued: LocalSageMaker) -> None:
    wrong = send(queued, rows_request([[1, 2, 3]]))
    text = until(lambda: read(queued, wrong["FailureLocation"])).decode()
    assert "error (4" in text or "error (5" in text
    assert read(queued, wrong["OutputLocation"]) is None
    missing = queued.runtime.invoke_endpoint_async(
        EndpointName=ENDPOINT, InputLocation=f"s3://{BUCKET}/in/missing"
    )
    text = until(lambda: read(queued, missing["FailureLocation"])).decode()
    assert text.startswith("Failed to download the input")


def test_requests_that_sagemaker_refuses(queued: LocalSageMaker) -> None:
    calls: list[tuple[dict[str, Any], str]] = [
        ({}, "either InputLocation or Body"),
        ({"Body": b"x" * 128_001}, "maximum is 128000"),
        ({"Body": b"x", "InvocationTimeoutSeconds": 3601}, "less than or equal to 3600"),
        ({"Body": b"x", "RequestTTLSeconds": 21601}, "less than or equal to 21600"),
    ]
    for members, message in calls:
        with pytest.raises(ClientError, match=message) as caught:
            queued.runtime.invoke_endpoint_async(EndpointName=ENDPOINT, **members)
        assert caught.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(ClientError, match="use InvokeEndpointAsync"):
        queued.runtime.invoke_endpoint(EndpointName=ENDPOINT, Body=b"x")
    queued.create_config("real-time", ENDPOINT)
    with pytest.raises(ClientError, match="AsyncInferenceConfig parameter cannot be removed"):
        queued.sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="real-time")


def test_thousand_requests_through_an_update(queued: LocalSageMaker) -> None:
    """Each request has exactly one output. The queue survives an update."""
    async_config(queued, "second")
    accepted = []
    for number in range(1000):
        accepted.append(send(queued, rows_request([[number, 1, 0, 0]])))
        if number == 300:
            queued.sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="second")
    for number, each in enumerate(accepted):
        assert answer(queued, each["OutputLocation"]) == [number + 1] * 3
    assert len({each["OutputLocation"] for each in accepted}) == 1000
    assert queued.settled(ENDPOINT)["EndpointConfigName"] == "second"
    listed = queued.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="out/")
    keys = [f"s3://{BUCKET}/{each['Key']}" for page in listed for each in page["Contents"]]
    ours = {each["OutputLocation"] for each in accepted}
    assert sum(key in ours for key in keys) == 1000


def test_scales_to_zero_and_back(queued: LocalSageMaker) -> None:
    scaling = queued.scaling
    scaling.register_scalable_target(**TARGET, MinCapacity=0, MaxCapacity=2)
    scaling.put_scaling_policy(
        **TARGET,
        PolicyName="backlog",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 5,
            "CustomizedMetricSpecification": {
                "MetricName": "ApproximateBacklogSizePerInstance",
                "Namespace": "AWS/SageMaker",
                "Dimensions": [{"Name": "EndpointName", "Value": ENDPOINT}],
                "Statistic": "Average",
            },
        },
    )
    policy = scaling.put_scaling_policy(
        **TARGET,
        PolicyName="first",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "Cooldown": 60,
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        },
    )
    queued.cloudwatch.put_metric_alarm(
        AlarmName="backlog",
        Namespace="AWS/SageMaker",
        MetricName="HasBacklogWithoutCapacity",
        Dimensions=[{"Name": "EndpointName", "Value": ENDPOINT}],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Threshold=1.0,
        AlarmActions=[policy["PolicyARN"]],
    )

    def instances() -> int:
        (variant,) = queued.describe(ENDPOINT)["ProductionVariants"]
        return variant["CurrentInstanceCount"]

    until(lambda: instances() == 0 and not servers(queued), 60)
    assert queued.settled(ENDPOINT)["EndpointStatus"] == "InService"
    accepted = send(queued, rows_request([[5, 0, 0, 0]]))
    assert answer(queued, accepted["OutputLocation"]) == [5, 5, 5]
    assert instances() == 1
    until(lambda: instances() == 0 and not servers(queued), 60)


def servers(local: LocalSageMaker) -> list[Path]:
    """Return the folders of the running tritonservers."""
    return list((local.home / "tritonservers").glob("*"))


def test_half_a_gigabyte_needs_constant_memory(queued: LocalSageMaker) -> None:
    """The local SageMaker does not keep payloads in memory: its peak grows by less than 100 MB."""
    rows = 500 * 1024 * 1024 // 16
    header = json.dumps(
        {
            "inputs": [
                {
                    "name": "x",
                    "shape": [rows, 4],
                    "datatype": "FP32",
                    "parameters": {"binary_data_size": rows * 16},
                }
            ],
            "outputs": [{"name": "y", "parameters": {"binary_data": True}}],
        }
    ).encode()
    content = header + bytes(rows * 16)
    queued.s3.put_object(Bucket=BUCKET, Key="in/large", Body=content)
    del content
    before = queued.peak_bytes()
    accepted = queued.runtime.invoke_endpoint_async(
        EndpointName=ENDPOINT,
        InputLocation=f"s3://{BUCKET}/in/large",
        ContentType=f"{BINARY}{len(header)}",
    )
    bucket, _, key = accepted["OutputLocation"].removeprefix("s3://").partition("/")

    def output() -> Any:
        failure = read(queued, accepted["FailureLocation"])
        assert failure is None, failure
        listed = queued.s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents")
        return listed[0]["Size"] if listed else None

    assert until(output, 120) > rows * 12
    assert queued.peak_bytes() - before < 100 * 1024 * 1024
    queued.s3.delete_object(Bucket=bucket, Key=key)
    queued.s3.delete_object(Bucket=BUCKET, Key="in/large")
