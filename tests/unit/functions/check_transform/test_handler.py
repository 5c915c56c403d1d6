from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.sagemaker.models import sagemaker_backends

from check_transform.handler import handler
from model_packager.names.artifact import record_key
from tests.unit.functions.batch_runs import NAME, batch, event
from tests.unit.functions.samples import ACCOUNT, ARTIFACTS, REGION, VERSION, client_error
from workflow.aws.clients import s3
from workflow.errors import AwsRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient


@pytest.fixture(autouse=True)
def _job(monkeypatch: pytest.MonkeyPatch, buckets: None, sagemaker: SageMakerClient) -> None:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    monkeypatch.setenv("BATCH_TIMEOUT_SECONDS", "100")
    s3().put_object(Bucket=ARTIFACTS, Key=record_key("resnet", VERSION), Body=b"{}")
    sagemaker.create_transform_job(
        TransformJobName=NAME,
        ModelName=NAME,
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://a/b/"}}
        },
        TransformOutput={"S3OutputPath": "s3://a/c/"},
        TransformResources={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
    )


@pytest.fixture
def stopped(sagemaker: SageMakerClient) -> Iterator[list[str]]:
    """Emulate StopTransformJob, which moto lacks; yield the names of the stopped jobs."""
    names: list[str] = []

    def stop(params: dict[str, Any], **_: object) -> Any:
        names.append(json.loads(params["body"])["TransformJobName"])
        return AWSResponse(params["url"], 200, HTTPHeaders(), None), {}

    hook = "before-call.sagemaker.StopTransformJob"
    sagemaker.meta.events.register(hook, stop)
    yield names
    sagemaker.meta.events.unregister(hook, stop)


@pytest.fixture
def refused(sagemaker: SageMakerClient) -> Iterator[list[str]]:
    """Emulate SageMaker's refusal to stop a job; the yielded statuses are those of the job then."""
    statuses: list[str] = []

    def refuse(**_: object) -> None:
        job = sagemaker_backends[ACCOUNT][REGION].transform_jobs[NAME]
        job.transform_job_status = statuses.pop()
        raise client_error("ValidationException", "The request was rejected.")

    hook = "before-call.sagemaker.StopTransformJob"
    sagemaker.meta.events.register(hook, refuse)
    yield statuses
    sagemaker.meta.events.unregister(hook, refuse)


def check(
    context: LambdaContext, status: str, waited_seconds: int = 1, reason: str | None = None
) -> dict[str, Any]:
    job = sagemaker_backends[ACCOUNT][REGION].transform_jobs[NAME]
    job.transform_job_status, job.failure_reason = status, reason  # type: ignore[assignment]
    return handler(event(batch(1), waited_seconds=waited_seconds), context)


@pytest.mark.parametrize(
    ("status", "reason", "ended"),
    [
        ("InProgress", None, False),
        ("Stopping", None, False),
        ("Completed", None, True),
        ("Failed", "ClientError: bad record", True),
        ("Stopped", "Someone stopped it.", True),
    ],
)
def test_status(context: LambdaContext, status: str, reason: str | None, *, ended: bool) -> None:
    found = check(context, status, reason=reason if status == "Failed" else None)
    assert found == {"ended": ended, "reason": reason}


def test_job_is_stopped_after_the_limit(context: LambdaContext, stopped: list[str]) -> None:
    found = check(context, "InProgress", 100)
    assert stopped == [NAME]
    reason = "It was stopped after 100 seconds (BatchTimeoutSeconds)."
    assert found == {"ended": False, "reason": reason}
    assert check(context, "Stopped", 120) == {"ended": True, "reason": reason}
    assert stopped == [NAME]


def test_job_that_completes_before_it_is_stopped_has_its_results(
    context: LambdaContext, refused: list[str]
) -> None:
    refused.append("Completed")
    assert not check(context, "InProgress", 100)["ended"]
    assert check(context, "Completed", 120) == {"ended": True, "reason": None}


def test_job_that_cannot_be_stopped_is_an_error(context: LambdaContext, refused: list[str]) -> None:
    refused.append("InProgress")
    with pytest.raises(AwsRefused, match="The request was rejected"):
        check(context, "InProgress", 100)


def test_version_that_was_deleted_explains_the_failure(context: LambdaContext) -> None:
    s3().delete_object(Bucket=ARTIFACTS, Key=record_key("resnet", VERSION))
    reason = check(context, "Failed", reason="ClientError: no model data")["reason"]
    assert reason == (
        f"Version {VERSION} was deleted after the job had begun. ClientError: no model data"
    )
    assert check(context, "InProgress")["reason"] is None
