from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.unit.functions.samples import CONFIG, ENDPOINT
from workflow.versions.endpoint import SERVING, SETTLED, describe, is_going_to

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


def described(live: str, pending: str | None = None) -> DescribeEndpointOutputTypeDef:
    found: dict[str, object] = {"EndpointConfigName": live}
    if pending:
        found["PendingDeploymentSummary"] = {"EndpointConfigName": pending}
    return cast("DescribeEndpointOutputTypeDef", found)


@pytest.mark.parametrize(
    ("live", "pending", "goes"),
    [
        (CONFIG, None, True),
        ("older", CONFIG, True),
        (CONFIG, "later", True),
        ("older", None, False),
        ("older", "later", False),
    ],
)
def test_endpoint_serves_or_moves_to_the_config(live: str, pending: str | None, goes: bool) -> None:
    assert is_going_to(described(live, pending), CONFIG) is goes


def test_endpoint_that_is_not_there_is_none(aws: None) -> None:
    assert describe(ENDPOINT) is None


def test_updating_endpoint_has_versions_and_is_not_settled() -> None:
    assert {"Updating", "RollingBack", "SystemUpdating"} <= SERVING - SETTLED
    assert {"Failed", "Creating", "Deleting"}.isdisjoint(SERVING)
