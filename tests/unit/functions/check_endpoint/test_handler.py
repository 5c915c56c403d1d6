from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from check_endpoint.handler import handler
from model_packager.names.endpoint import resource_name
from tests.unit.functions.samples import CONFIG, DEPLOYMENT, ENDPOINT, OLDER
from workflow.errors import CapacityShort, EndpointFailed, EndpointRolledBack, EndpointTimedOut

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

EVENT = {
    "deployment": DEPLOYMENT.model_dump(),
    "target": ENDPOINT,
    "restoring": False,
    "endpoint": {"fallback_instance_types": ["ml.g5.xlarge"]},
    "signature": {"inputs": [], "outputs": [], "max_batch_size": 8},
    "instance_type": "ml.g5.xlarge",
    "waited_seconds": 15,
    "timeout_seconds": 3600,
}


def test_endpoint_on_the_config_is_ready(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    assert handler(EVENT, context) == {"ready": True, "endpoint_status": "InService"}


def test_endpoint_on_the_previous_config_is_not_ready(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    older = resource_name(ENDPOINT, OLDER)
    create_config(older)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=older)
    with pytest.raises(EndpointRolledBack, match="Possible capacity shortage"):
        handler(EVENT, context)


def test_possible_shortage_leads_to_the_next_instance_type(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    older = resource_name(ENDPOINT, OLDER)
    create_config(older)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=older)
    with pytest.raises(CapacityShort, match="Possible capacity shortage"):
        handler({**EVENT, "instance_type": "ml.g4dn.xlarge"}, context)


def test_hanging_endpoint_times_out(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[[str], None],
    set_status: Callable[[str, str], None],
) -> None:
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    set_status(ENDPOINT, "Creating")
    with pytest.raises(EndpointTimedOut, match="Possible capacity shortage"):
        handler({**EVENT, "waited_seconds": 3600}, context)
    with pytest.raises(CapacityShort, match="still Creating after 3600 seconds"):
        handler({**EVENT, "waited_seconds": 3600, "instance_type": "ml.g4dn.xlarge"}, context)


def test_deleted_endpoint_has_failed(context: LambdaContext, aws: None) -> None:
    with pytest.raises(EndpointFailed, match="Someone deleted the endpoint"):
        handler(EVENT, context)
