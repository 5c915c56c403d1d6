from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from create_endpoint_config.handler import handler
from model_packager.names.endpoint import resource_name
from model_packager.spec.load_profile import LoadProfile
from model_packager.spec.operation_spec import Rollout
from tests.unit.functions.request_count import counted
from tests.unit.functions.samples import (
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    HOSTING,
    OLDER,
    ROLE,
)
from workflow.errors import Throttled

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

EVENT = {
    "deployment": DEPLOYMENT.model_dump(),
    "hosting": HOSTING.model_dump(),
    "rollout": Rollout().model_dump(),
    "load": None,
    "tested": False,
}
LOAD = LoadProfile(concurrency=(1, 4))
OLDER_CONFIG = resource_name(ENDPOINT, OLDER)


@pytest.fixture
def model(sagemaker: SageMakerClient) -> None:
    sagemaker.create_model(ModelName=CONFIG, ExecutionRoleArn=ROLE)


def test_config_has_one_variant_with_all_options(
    context: LambdaContext, sagemaker: SageMakerClient, model: None
) -> None:
    output = handler(EVENT, context)
    arn = output["endpoint_config_arn"]
    assert output["target"] == ENDPOINT
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


@pytest.mark.parametrize(
    ("changed", "target", "instances"),
    [
        ({}, CONFIG, 1),
        ({"load": LOAD.model_dump()}, CONFIG, 2),
        ({"tested": True}, ENDPOINT, 2),
        ({"rollout": Rollout(staging=False).model_dump()}, ENDPOINT, 2),
    ],
    ids=["staging", "staging-with-load", "tested", "no-staging"],
)
def test_update_of_a_live_endpoint_is_staged_on_one_instance(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[[str], None],
    model: None,
    changed: dict[str, Any],
    target: str,
    instances: int,
) -> None:
    create_config(OLDER_CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=OLDER_CONFIG)
    assert handler(EVENT | changed, context)["target"] == target
    [variant] = sagemaker.describe_endpoint_config(EndpointConfigName=CONFIG)["ProductionVariants"]
    assert variant["InitialInstanceCount"] == instances


def test_model_that_is_not_visible_yet_is_retried(
    context: LambdaContext, sagemaker: SageMakerClient
) -> None:
    with pytest.raises(Throttled, match="Could not find model"):
        handler(EVENT, context)
