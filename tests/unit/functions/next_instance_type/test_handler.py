from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.names.endpoint import resource_name
from model_packager.rejection import SpecRejected
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_spec import Endpoint
from next_instance_type.handler import handler
from tests.unit.functions.samples import CONFIG, DEPLOYMENT, ENDPOINT, HOSTING, OLDER, SERVABLE
from workflow.errors import EndpointBusy, EndpointFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

OLDER_CONFIG = resource_name(ENDPOINT, OLDER)


@pytest.fixture(autouse=True)
def _stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRITON_RELEASE", "26.05")
    monkeypatch.setenv("INSTANCE_COUNT", "1")


def event(*fallbacks: str, target: str = ENDPOINT) -> dict[str, Any]:
    spec = DeploySpec(endpoint=Endpoint(fallback_instance_types=fallbacks, instance_count=2))
    return {
        "deployment": DEPLOYMENT.model_dump(),
        "target": target,
        "servable": SERVABLE.model_copy(update={"spec": spec}).model_dump(mode="json"),
    }


def left(sagemaker: SageMakerClient) -> tuple[list[str], list[str], list[str]]:
    return (
        [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]],
        [
            each["EndpointConfigName"]
            for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]
        ],
        [each["ModelName"] for each in sagemaker.list_models()["Models"]],
    )


def test_type_of_another_kind_brings_its_own_image(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    create_config(CONFIG)
    servable = handler(event("ml.m5.large"), context)["servable"]
    hosting = servable.pop("hosting")
    assert servable == {
        name: value for name, value in event("ml.m5.large")["servable"].items() if name != "hosting"
    }
    assert (hosting["instance_type"], hosting["instance_count"]) == ("ml.m5.large", 2)
    assert hosting["image"].endswith("-py3-cpu")
    assert hosting["environment"] == HOSTING.environment
    assert left(sagemaker) == ([], [], [])


@pytest.mark.parametrize("target", [ENDPOINT, CONFIG])
def test_failed_endpoint_goes_before_what_it_runs_on(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    set_status: Callable[[str, str], None],
    target: str,
) -> None:
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=target, EndpointConfigName=CONFIG)
    set_status(target, "Failed")
    with pytest.raises(EndpointBusy, match=target):
        handler(event("ml.g5.xlarge", target=target), context)
    assert left(sagemaker) == ([], [CONFIG], [CONFIG])
    first = handler(event("ml.g5.xlarge", target=target), context)
    assert handler(event("ml.g5.xlarge", target=target), context) == first
    assert left(sagemaker) == ([], [], [])


def test_endpoint_of_another_version_is_unchanged(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    for config in (OLDER_CONFIG, CONFIG):
        create_config(config)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=OLDER_CONFIG)
    handler(event("ml.g5.xlarge"), context)
    assert left(sagemaker) == ([ENDPOINT], [OLDER_CONFIG], [OLDER_CONFIG])


@pytest.mark.parametrize(
    ("fallbacks", "release", "error"),
    [((), "26.05", EndpointFailed), (("ml.g5.xlarge",), "99.01", SpecRejected)],
)
def test_nothing_is_removed_where_there_is_nothing_to_try(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    fallbacks: tuple[str, ...],
    release: str,
    error: type[Exception],
) -> None:
    create_config(CONFIG)
    monkeypatch.setenv("TRITON_RELEASE", release)
    with pytest.raises(error):
        handler(event(*fallbacks), context)
    assert left(sagemaker) == ([], [CONFIG], [CONFIG])
