"""What an update refuses. That it is made, the tests on the embedded cloud show."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from create_endpoint.replacement import replace
from model_packager.names import resource_name
from model_packager.operation_spec import Rollout
from model_packager.rejection import ModelRejected
from tests.unit.functions.given import CONFIG, DEPLOYMENT, ENDPOINT, HOSTING, LATER, OLDER
from workflow.contracts import CreateEndpointInput
from workflow.errors import EndpointBusy, EndpointFailed, SupersededDrop

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


pytestmark = pytest.mark.usefixtures("aws")

GIVEN = CreateEndpointInput(
    deployment=DEPLOYMENT, target=ENDPOINT, restoring=False, hosting=HOSTING, rollout=Rollout()
)


def endpoint(live: str, status: str = "InService") -> DescribeEndpointOutputTypeDef:
    found = {"EndpointName": ENDPOINT, "EndpointStatus": status, "EndpointConfigName": live}
    return cast("DescribeEndpointOutputTypeDef", found)


@pytest.mark.parametrize("live", ["someone-elses", ENDPOINT, f"{ENDPOINT}-v1", f"x{CONFIG}"])
def test_endpoint_of_somebody_else_is_left_alone(live: str) -> None:
    with pytest.raises(ModelRejected, match=live):
        replace(endpoint(live), GIVEN, CONFIG)


@pytest.mark.parametrize(
    "status", ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"]
)
def test_endpoint_in_transition_is_waited_for(status: str) -> None:
    with pytest.raises(EndpointBusy, match=status):
        replace(endpoint(resource_name(ENDPOINT, OLDER), status), GIVEN, CONFIG)


@pytest.mark.parametrize("status", ["OutOfService", "UpdateRollbackFailed"])
def test_endpoint_that_takes_no_update_is_not_waited_for(status: str) -> None:
    with pytest.raises(EndpointFailed, match=status):
        replace(endpoint(resource_name(ENDPOINT, OLDER), status), GIVEN, CONFIG)


def test_later_version_stays() -> None:
    with pytest.raises(SupersededDrop, match=LATER):
        replace(endpoint(resource_name(ENDPOINT, LATER)), GIVEN, CONFIG)


def test_failed_endpoint_is_deleted_and_waited_for(
    sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    older = resource_name(ENDPOINT, OLDER)
    create_config(older)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=older)
    with pytest.raises(EndpointBusy, match="Failed"):
        replace(endpoint(older, "Failed"), GIVEN, CONFIG)
    assert sagemaker.list_endpoints()["Endpoints"] == []
