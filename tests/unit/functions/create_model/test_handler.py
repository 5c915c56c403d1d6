from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from create_model.handler import handler
from tests.unit.functions.request_count import counted
from tests.unit.functions.samples import (
    ARTIFACTS,
    CONFIG,
    DEPLOYMENT,
    EXECUTION,
    IMAGE,
    REGION,
    ROLE,
    SERVABLE,
    VERSION,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

ARTIFACT = f"s3://artifacts/resnet/{VERSION}/model.tar.gz"
EVENT = {
    "deployment": DEPLOYMENT.model_dump(),
    "artifact_uri": ARTIFACT,
    "servable": SERVABLE.model_dump(mode="json"),
}


@pytest.fixture(autouse=True)
def _role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXECUTION_ROLE_ARN", ROLE)
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("TRITON_RELEASE", "26.05")
    monkeypatch.setenv("ALLOWED_INSTANCE_TYPES", "ml.g4dn.xlarge")
    monkeypatch.setenv("MAX_INSTANCES", "6")


def test_model_runs_the_image_on_the_artifact(
    context: LambdaContext, sagemaker: SageMakerClient
) -> None:
    arn = handler(EVENT, context)["model_arn"]
    found = sagemaker.describe_model(ModelName=CONFIG)
    assert (found["ModelArn"], found["ExecutionRoleArn"]) == (arn, ROLE)
    assert found["PrimaryContainer"] == {
        "Image": IMAGE,
        "ModelDataUrl": ARTIFACT,
        "Environment": {"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "resnet"},
    }
    tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
    assert tags["modeldrop:execution"] == EXECUTION


def test_second_call_changes_nothing(context: LambdaContext, sagemaker: SageMakerClient) -> None:
    first = handler(EVENT, context)
    with counted(sagemaker) as requests:
        assert handler(EVENT, context) == first
    assert requests["DescribeModel"] == 1
    assert len(sagemaker.list_models()["Models"]) == 1


def test_without_its_variable_it_fails_by_name(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, aws: None
) -> None:
    monkeypatch.delenv("EXECUTION_ROLE_ARN")
    with pytest.raises(ValueError, match="execution_role_arn"):
        handler(EVENT, context)
