"""The steps of an update with a staging endpoint, in the order of the state machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from create_endpoint.handler import handler as create_endpoint
from create_endpoint_config.handler import handler as create_endpoint_config
from delete_staging_endpoint.handler import handler as delete_staging_endpoint
from model_packager.names.endpoint import resource_name
from tests.unit.functions.create_endpoint.test_handler import EVENT
from tests.unit.functions.samples import CONFIG, DEPLOYMENT, ENDPOINT, OLDER, ROLE
from workflow.errors import EndpointBusy

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

OF_CONFIG = {name: EVENT[name] for name in ("deployment", "hosting", "rollout")} | {"load": None}


def instances(sagemaker: SageMakerClient) -> int:
    found = sagemaker.describe_endpoint_config(EndpointConfigName=CONFIG)
    return found["ProductionVariants"][0]["InitialInstanceCount"]


def test_one_instance_is_tested_and_all_of_them_go_live(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[[str], None],
    updates: list[dict[str, Any]],
    buckets: None,
) -> None:
    older = resource_name(ENDPOINT, OLDER)
    create_config(older)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=older)
    sagemaker.create_model(ModelName=CONFIG, ExecutionRoleArn=ROLE)

    target = create_endpoint_config(OF_CONFIG | {"tested": False}, context)["target"]
    staged = create_endpoint(EVENT | {"target": target}, context)
    assert staged["target"] == target == CONFIG
    assert (instances(sagemaker), updates) == (1, [])

    of_deletion = {"deployment": DEPLOYMENT.model_dump()}
    with pytest.raises(EndpointBusy):
        delete_staging_endpoint(of_deletion, context)
    delete_staging_endpoint(of_deletion, context)

    target = create_endpoint_config(OF_CONFIG | {"tested": True}, context)["target"]
    live = create_endpoint(EVENT | {"target": target, "tested": True}, context)
    assert live["target"] == target == ENDPOINT
    assert instances(sagemaker) == 2
    assert [each["EndpointConfigName"] for each in updates] == [CONFIG]
