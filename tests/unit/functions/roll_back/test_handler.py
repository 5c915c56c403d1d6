from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.names import resource_name
from roll_back.handler import handler
from tests.unit.functions.given import ARTIFACTS, CONFIG, DEPLOYMENT, ENDPOINT, OLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

EVENT = {"deployment": DEPLOYMENT.model_dump(), "restoring": False}
DONE = {"done": True, "remaining": []}


@pytest.fixture(autouse=True)
def _bucket(monkeypatch: pytest.MonkeyPatch, buckets: None) -> None:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)


def names(sagemaker: SageMakerClient) -> dict[str, list[str]]:
    return {
        "endpoints": [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]],
        "models": [each["ModelName"] for each in sagemaker.list_models()["Models"]],
    }


def test_nothing_made_is_nothing_to_do(context: LambdaContext) -> None:
    assert handler(EVENT, context) == DONE


def test_new_endpoint_goes_first_and_the_version_in_the_next_call(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    assert handler(EVENT, context) == {
        "done": False,
        "remaining": [f"endpoint {ENDPOINT}", f"endpoint config {CONFIG}", f"model {CONFIG}"],
    }
    assert names(sagemaker) == {"endpoints": [], "models": [CONFIG]}
    assert handler(EVENT, context) == DONE
    assert handler(EVENT, context) == DONE
    assert names(sagemaker) == {"endpoints": [], "models": []}


def test_endpoint_on_another_version_serves_on(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    older = resource_name(ENDPOINT, OLDER)
    create_config(older)
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=older)
    assert handler(EVENT, context) == DONE
    assert names(sagemaker) == {"endpoints": [ENDPOINT], "models": [older]}
