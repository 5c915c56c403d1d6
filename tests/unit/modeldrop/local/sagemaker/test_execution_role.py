"""Roles that cannot be assumed, because MiniStack does not respond or the role does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import BotoCoreError

from modeldrop.local.access.credentials import random_credentials
from modeldrop.local.ministack.policy_client import PolicyClient
from modeldrop.local.sagemaker.errors import ApiError
from modeldrop.local.sagemaker.execution_role import AssumedRoles, RoleNotAssumable
from modeldrop.local.sagemaker.hosting.rollback_alarms import RollbackAlarms
from modeldrop.local.sagemaker.triton.container_log import LogShipper, LogStream

if TYPE_CHECKING:
    from modeldrop.local.sagemaker.execution_role import ExecutionRoles

ROLE = "arn:aws:iam::000000000000:role/execution"
DISCARD = "http://127.0.0.1:9"  # a port without a server


@pytest.fixture
def unreachable() -> AssumedRoles:
    client = PolicyClient(DISCARD, random_credentials())
    return AssumedRoles(cast("Any", None), client, cast("Any", None), {})


def test_iam_that_does_not_respond_is_an_error_of_botocore(unreachable: AssumedRoles) -> None:
    """Every user of the clients expects these errors."""
    with pytest.raises(BotoCoreError, match="Connection refused"):
        unreachable.clients(ROLE)


def test_lines_are_sent_again_after_iam_did_not_respond(unreachable: AssumedRoles) -> None:
    shipper = LogShipper(unreachable)
    shipper.ship(LogStream(ROLE, "/group", "stream"), "lost")
    shipper.flush()
    assert shipper._thread.is_alive(), "later lines are sent"
    shipper.close()


class _Deleted:
    """The roles of an account whose execution role was deleted."""

    def clients(self, role_arn: str) -> Any:
        raise RoleNotAssumable(f"{role_arn} does not exist")


def test_alarms_cannot_be_read_with_a_deleted_role() -> None:
    alarms = RollbackAlarms(cast("ExecutionRoles", _Deleted()))
    with pytest.raises(ApiError, match="cannot read the alarms") as refused:
        alarms.require(ROLE, ["high-latency"])
    assert refused.value.code == "ValidationException"
    assert alarms.tripped(ROLE, ["high-latency"]) == []
