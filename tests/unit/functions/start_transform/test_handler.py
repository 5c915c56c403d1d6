from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.rejection import SpecRejected
from model_packager.sagemaker.transform import SHARED_MEMORY_BYTES
from start_transform.handler import handler
from tests.unit.functions.batch_runs import NAME, WORK, event, upload
from tests.unit.functions.samples import ARTIFACTS, EXECUTION, ROLE, SERVABLE, VERSION, signature
from workflow.aws.clients import s3, sagemaker

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

ARCHIVE = f"resnet/{VERSION}/model.tar.gz"


@pytest.fixture(autouse=True)
def _stack(monkeypatch: pytest.MonkeyPatch, buckets: None, sagemaker: SageMakerClient) -> None:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    monkeypatch.setenv("EXECUTION_ROLE_ARN", ROLE)
    s3().put_object(Bucket=ARTIFACTS, Key=ARCHIVE, Body=b"")


def start(context: LambdaContext, largest_bytes: int = 1000, **plan: Any) -> dict[str, Any]:
    return handler(event(upload({"a.npy": b"1"}, **plan), largest_bytes=largest_bytes), context)


def test_model_and_job_are_of_the_version(context: LambdaContext) -> None:
    arn = start(context)["transform_arn"]
    model = sagemaker().describe_model(ModelName=NAME)
    assert model["PrimaryContainer"]["ModelDataUrl"] == f"s3://{ARTIFACTS}/{ARCHIVE}"
    job = sagemaker().describe_transform_job(TransformJobName=NAME)
    assert job["TransformJobArn"] == arn
    assert job["ModelName"] == NAME
    source = job["TransformInput"]["DataSource"]["S3DataSource"]
    assert source["S3Uri"] == f"s3://{ARTIFACTS}/{WORK}inputs/"
    assert job["TransformOutput"]["S3OutputPath"] == f"s3://{ARTIFACTS}/{WORK}outputs/"
    tags = sagemaker().list_tags(ResourceArn=model["ModelArn"])["Tags"]
    assert {"Key": "modeldrop:execution", "Value": EXECUTION} in tags


def test_repeated_step_finds_its_own_model_and_job(context: LambdaContext) -> None:
    assert start(context) == start(context)


def test_python_model_with_large_requests_is_refused(context: LambdaContext) -> None:
    python = SERVABLE.model_copy(
        update={"signature": signature(), "config_pbtxt": 'backend: "python"'}
    )
    with pytest.raises(SpecRejected, match="shared memory"):
        start(context, SHARED_MEMORY_BYTES + 1, servable=python)
    assert sagemaker().list_models()["Models"] == []
