from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from create_endpoint.handler import handler
from model_packager.operation_spec import Rollout
from tests.unit.functions.given import CONFIG, DEPLOYMENT, ENDPOINT, EXECUTION, HOSTING
from tests.unit.functions.request_count import counted
from workflow.errors import Throttled

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

EVENT = {
    "deployment": DEPLOYMENT.model_dump(),
    "target": ENDPOINT,
    "restoring": False,
    "hosting": HOSTING.model_dump(),
    "rollout": Rollout().model_dump(),
}


def test_new_endpoint_is_created_on_the_config(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    create_config(CONFIG)
    hosting = HOSTING.model_copy(update={"tags": {"team": "vision"}})
    arn = handler(EVENT | {"hosting": hosting.model_dump()}, context)["endpoint_arn"]
    found = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    assert (found["EndpointArn"], found["EndpointConfigName"]) == (arn, CONFIG)
    tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
    assert tags["modeldrop:execution"] == EXECUTION
    assert tags["team"] == "vision"


def test_twice_is_once(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    create_config(CONFIG)
    first = handler(EVENT, context)
    with counted(sagemaker) as requests:
        assert handler(EVENT, context) == first
    assert requests == {"DescribeEndpoint": 1}


def test_config_that_is_not_seen_yet_is_tried_again(
    context: LambdaContext, sagemaker: SageMakerClient
) -> None:
    with pytest.raises(Throttled, match="Could not find endpoint configuration"):
        handler(EVENT, context)
