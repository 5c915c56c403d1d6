"""The settings, the container and the description of a transform job."""

from __future__ import annotations

from typing import Any

from modeldrop.local.sagemaker.transform.job import TransformJob, container_plan, settings_of

REQUEST: Any = {
    "TransformJobName": "job",
    "ModelName": "model",
    "TransformInput": {
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/in/"}}
    },
    "TransformOutput": {"S3OutputPath": "s3://b/out"},
    "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 2},
}
MODEL: Any = {
    "ModelName": "model",
    "ExecutionRoleArn": "arn:aws:iam::000000000000:role/r",
    "EnableNetworkIsolation": True,
    "PrimaryContainer": {
        "Image": "image",
        "ModelDataUrl": "s3://b/model.tar.gz",
        "Environment": {"A": "model", "B": "model"},
    },
}


def test_defaults_are_those_of_aws() -> None:
    """API reference: TransformInput, TransformOutput, ModelClientConfig, CreateTransformJob."""
    settings = settings_of(REQUEST)
    assert settings.headers == {}
    assert not settings.splits_lines
    assert not settings.ends_lines
    assert settings.max_payload_bytes == 6_000_000
    assert (settings.concurrency, settings.strategy) == (1, "MULTI_RECORD")
    assert (settings.timeout_seconds, settings.max_retries) == (600, 3)


def test_settings_of_a_request() -> None:
    settings = settings_of(
        {
            **REQUEST,
            "MaxPayloadInMB": 0,
            "MaxConcurrentTransforms": 0,
            "BatchStrategy": "SingleRecord",
            "ModelClientConfig": {"InvocationsTimeoutInSeconds": 5, "InvocationsMaxRetries": 0},
            "TransformInput": {"ContentType": "text/csv", "SplitType": "Line"},
            "TransformOutput": {"Accept": "application/json", "AssembleWith": "Line"},
        }
    )
    assert settings.headers == {"content-type": "text/csv", "accept": "application/json"}
    assert settings.splits_lines
    assert settings.ends_lines
    assert not settings.fills_payloads
    assert settings.max_payload_bytes is None
    assert (settings.concurrency, settings.strategy) == (1, "SINGLE_RECORD")
    assert (settings.timeout_seconds, settings.max_retries) == (5, 0)


def test_container_has_the_environment_of_model_and_job() -> None:
    request = {**REQUEST, "Environment": {"B": "job"}, "BatchStrategy": "MultiRecord"}
    plan = container_plan(request, MODEL)
    assert plan.environment["A"] == "model"
    assert plan.environment["B"] == "job"
    assert plan.environment["SAGEMAKER_BATCH"] == "true"
    assert plan.environment["SAGEMAKER_BATCH_STRATEGY"] == "MULTI_RECORD"
    assert "SAGEMAKER_MAX_PAYLOAD_IN_MB" not in plan.environment
    assert "http_proxy" in plan.environment  # a variable of network isolation
    assert plan.is_transform
    assert plan.startup_seconds == 1800


def test_description_has_times_once_they_are_known() -> None:
    request = {**REQUEST, "Tags": [{"Key": "a", "Value": "b"}]}
    job = TransformJob("job", "arn", request, container_plan(request, MODEL))
    shown = job.description()
    assert shown["TransformJobStatus"] == "InProgress"
    absent = {"Tags", "FailureReason", "TransformStartTime", "TransformEndTime"}
    assert absent.isdisjoint(shown)
    job.set_status("Stopping")
    assert job.ended is None
    job.set_status("Failed", "because")
    shown = job.description()
    assert shown["FailureReason"] == "because"
    assert shown["TransformEndTime"] >= shown["CreationTime"]
