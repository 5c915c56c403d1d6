from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from create_endpoint.staging import require_own
from model_packager.names.endpoint import resource_name
from tests.unit.functions.samples import CONFIG, ENDPOINT, OLDER
from workflow.errors import EndpointBusy
from workflow.versions.endpoint import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    Staging = Callable[..., DescribeEndpointOutputTypeDef]


@pytest.fixture
def staging(
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    set_status: Callable[[str, str], None],
) -> Staging:
    """The staging endpoint of CONFIG, as SageMaker describes it."""

    def staging(status: str, config: str = CONFIG) -> DescribeEndpointOutputTypeDef:
        create_config(config)
        sagemaker.create_endpoint(EndpointName=CONFIG, EndpointConfigName=config)
        set_status(CONFIG, status)
        found = describe(CONFIG)
        assert found is not None
        return found

    return staging


@pytest.mark.parametrize("status", ["Creating", "InService", "SystemUpdating"])
def test_own_endpoint_is_kept(staging: Staging, status: str) -> None:
    require_own(staging(status), CONFIG)
    assert describe(CONFIG) is not None


def test_failed_endpoint_is_deleted_and_awaited(staging: Staging) -> None:
    with pytest.raises(EndpointBusy, match=f"{CONFIG} is Failed"):
        require_own(staging("Failed"), CONFIG)
    assert describe(CONFIG) is None


def test_endpoint_in_deletion_is_only_awaited(staging: Staging) -> None:
    with pytest.raises(EndpointBusy, match="Deleting"):
        require_own(staging("Deleting"), CONFIG)
    assert describe(CONFIG) is not None


@pytest.mark.parametrize(("status", "stays"), [("InService", False), ("Updating", True)])
def test_endpoint_on_another_config_is_deleted_once_it_has_settled(
    staging: Staging, status: str, stays: bool
) -> None:
    with pytest.raises(EndpointBusy):
        require_own(staging(status, resource_name(ENDPOINT, OLDER)), CONFIG)
    assert (describe(CONFIG) is not None) is stays
