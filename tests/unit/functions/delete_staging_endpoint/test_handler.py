from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from delete_staging_endpoint.handler import handler
from tests.unit.functions.samples import CONFIG, DEPLOYMENT, ENDPOINT, client_error
from workflow.errors import EndpointBusy

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

EVENT = {"deployment": DEPLOYMENT.model_dump()}


@pytest.fixture(autouse=True)
def _endpoints(sagemaker: SageMakerClient, create_config: Callable[..., None]) -> None:
    create_config(CONFIG)
    for name in (ENDPOINT, CONFIG):
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=CONFIG)


def endpoints(sagemaker: SageMakerClient) -> set[str]:
    return {each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]}


def configs(sagemaker: SageMakerClient) -> set[str]:
    listed = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    return {each["EndpointConfigName"] for each in listed}


def test_staging_endpoint_is_deleted_and_production_kept(
    context: LambdaContext, sagemaker: SageMakerClient
) -> None:
    with pytest.raises(EndpointBusy, match=f"{CONFIG} is being deleted"):
        handler(EVENT, context)
    assert endpoints(sagemaker) == {ENDPOINT}
    assert CONFIG in configs(sagemaker), "the endpoint may still use it"
    assert handler(EVENT, context) == {"staging_endpoint": CONFIG}
    assert configs(sagemaker) == set()
    assert handler(EVENT, context) == {"staging_endpoint": CONFIG}


def test_endpoint_in_transition_is_retried(
    context: LambdaContext, sagemaker: SageMakerClient
) -> None:
    """SageMaker may patch its hosts at any time (SystemUpdating)."""

    def refuse(**_: object) -> None:
        text = f"Cannot delete in-progress endpoint {CONFIG}"
        raise client_error("ValidationException", text, "DeleteEndpoint")

    sagemaker.meta.events.register("before-call.sagemaker.DeleteEndpoint", refuse)
    try:
        with pytest.raises(EndpointBusy, match=CONFIG):
            handler(EVENT, context)
    finally:
        sagemaker.meta.events.unregister("before-call.sagemaker.DeleteEndpoint", refuse)
    assert endpoints(sagemaker) == {ENDPOINT, CONFIG}
