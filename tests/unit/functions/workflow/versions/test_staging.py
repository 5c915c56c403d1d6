from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.names.endpoint import resource_name
from model_packager.spec.operation_spec import Rollout
from tests.unit.functions.samples import CONFIG, ENDPOINT, OLDER
from workflow.versions.endpoint import describe
from workflow.versions.staging import needs_staging

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    Endpoint = Callable[..., DescribeEndpointOutputTypeDef | None]


@pytest.fixture
def endpoint(
    sagemaker: SageMakerClient,
    create_config: Callable[[str], None],
    set_status: Callable[[str, str], None],
) -> Endpoint:
    """The model's endpoint, as SageMaker describes it."""

    def endpoint(status: str, config: str) -> DescribeEndpointOutputTypeDef | None:
        create_config(config)
        sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=config)
        set_status(ENDPOINT, status)
        return describe(ENDPOINT)

    return endpoint


@pytest.mark.parametrize(
    ("status", "staged"),
    [
        ("InService", True),
        ("Creating", True),
        ("Updating", True),
        ("Failed", False),
        ("Deleting", False),
    ],
)
def test_another_version_with_clients(endpoint: Endpoint, status: str, staged: bool) -> None:
    live = endpoint(status, resource_name(ENDPOINT, OLDER))
    assert needs_staging(live, CONFIG, Rollout(), tested=False) is staged
    assert not needs_staging(live, CONFIG, Rollout(), tested=True)
    assert not needs_staging(live, CONFIG, Rollout(staging=False), tested=False)


def test_own_endpoint_and_first_version(endpoint: Endpoint) -> None:
    assert not needs_staging(endpoint("Creating", CONFIG), CONFIG, Rollout(), tested=False)
    assert not needs_staging(None, CONFIG, Rollout(), tested=False)
