from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from create_endpoint_config.handler import handler
from tests.unit.functions.request_count import counted
from tests.unit.functions.samples import CONFIG, DEPLOYMENT, EXECUTION, HOSTING, ROLE
from workflow.errors import Throttled

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

EVENT = {"deployment": DEPLOYMENT.model_dump(), "hosting": HOSTING.model_dump()}


@pytest.fixture
def model(sagemaker: SageMakerClient) -> None:
    sagemaker.create_model(ModelName=CONFIG, ExecutionRoleArn=ROLE)


def test_config_has_one_variant_with_all_options(
    context: LambdaContext, sagemaker: SageMakerClient, model: None
) -> None:
    arn = handler(EVENT, context)["endpoint_config_arn"]
    found = sagemaker.describe_endpoint_config(EndpointConfigName=CONFIG)
    assert found["EndpointConfigArn"] == arn
    assert found["ProductionVariants"] == [
        {
            "VariantName": "primary",
            "ModelName": CONFIG,
            "InstanceType": "ml.g4dn.xlarge",
            "InitialInstanceCount": 2,
            "InitialVariantWeight": 1.0,
            "ModelDataDownloadTimeoutInSeconds": 1800,
            "ContainerStartupHealthCheckTimeoutInSeconds": 900,
        }
    ]
    tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
    assert tags["modeldrop:execution"] == EXECUTION


def test_second_call_changes_nothing(
    context: LambdaContext, sagemaker: SageMakerClient, model: None
) -> None:
    first = handler(EVENT, context)
    with counted(sagemaker) as requests:
        assert handler(EVENT, context) == first
    assert requests["DescribeEndpointConfig"] == 1
    assert len(sagemaker.list_endpoint_configs()["EndpointConfigs"]) == 1


def test_model_that_is_not_seen_yet_is_tried_again(
    context: LambdaContext, sagemaker: SageMakerClient
) -> None:
    with pytest.raises(Throttled, match="Could not find model"):
        handler(EVENT, context)
