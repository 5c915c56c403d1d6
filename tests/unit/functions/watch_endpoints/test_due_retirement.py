from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.functions.recorded import DEPLOYED_AT
from tests.unit.functions.samples import VERSION
from watch_endpoints.due_retirement import DueRetirement, EndpointState, Limits, due_retirement
from workflow.contracts.retire_model import RetirementReason

HOUR = timedelta(hours=1)
NOW = DEPLOYED_AT + 10 * HOUR
LIMITS = Limits(timeout=HOUR, idle_hours=0, idle_action="notify")
WELL = EndpointState(
    version=VERSION,
    status="InService",
    changed=DEPLOYED_AT,
    staging=False,
    verified=True,
    previous_verified=False,
    owned=False,
    deployed_at=DEPLOYED_AT,
    hours_to_live=None,
    invocations=0,
)


def due_with(limits: Limits = LIMITS, **changed: Any) -> DueRetirement | None:
    return due_retirement(replace(WELL, **changed), limits, NOW)


def idle(hours: int, action: Any = "notify", **changed: Any) -> DueRetirement | None:
    return due_with(Limits(timeout=HOUR, idle_hours=hours, idle_action=action), **changed)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"hours_to_live": 10.1},
        {"hours_to_live": 1e8},
        {"hours_to_live": 1e300},
        {"hours_to_live": 1, "deployed_at": None},
        {"status": "Updating", "changed": NOW - HOUR},
        {"status": "Creating", "changed": NOW - HOUR, "verified": False},
        {"status": "SystemUpdating"},
        {"status": "Creating", "verified": False, "owned": True},
        {"status": "Failed", "verified": False, "owned": True},
        {"verified": False, "owned": True},
        {"staging": True, "owned": True},
    ],
)
def test_healthy_or_owned_endpoint(changed: dict[str, Any]) -> None:
    assert due_with(**changed) is None


@pytest.mark.parametrize("verified", [True, False], ids=["fell-asleep", "woke"])
def test_model_that_should_sleep_is_put_to_sleep(*, verified: bool) -> None:
    found = due_with(asleep=True, verified=verified, hours_to_live=1)
    assert found is not None
    assert (found.reason, found.notify_only) == (RetirementReason.STUCK, False)
    assert found.keep_versions, "a retirement would delete the versions of a sleeping model"
    assert due_with(asleep=True, verified=verified, owned=True) is None


@pytest.mark.parametrize(
    ("changed", "notify_only", "reason_text"),
    [
        ({"status": "Creating", "verified": False}, True, "It has been Creating for 10.0 hours"),
        ({"status": "Updating"}, True, "It has been Updating for 10.0 hours"),
        ({"status": "Deleting"}, True, "It has been Deleting for 10.0 hours"),
        ({"verified": False}, False, f"Version {VERSION} never passed its smoke test"),
        ({"verified": False, "previous_verified": True}, True, "never passed its smoke test"),
        ({"verified": False, "status": "Failed"}, False, "never passed its smoke test"),
        (
            {"verified": False, "shadow_test": True},
            True,
            "that test has ended",
        ),
        ({"staging": True}, False, f"Version {VERSION} was tested here"),
        ({"staging": True, "verified": False}, False, "was tested here"),
        ({"staging": True, "status": "Creating"}, True, "It has been Creating"),
        ({"status": "UpdateRollbackFailed"}, True, "The endpoint is UpdateRollbackFailed and does"),
    ],
)
def test_stuck(changed: dict[str, Any], notify_only: bool, reason_text: str) -> None:
    found = due_with(hours_to_live=1, **changed)
    assert found is not None
    assert (found.reason, found.notify_only) == (RetirementReason.STUCK, notify_only)
    assert reason_text in found.reason_text


def test_expired() -> None:
    assert due_with(hours_to_live=10) == DueRetirement(
        RetirementReason.TIME_TO_LIVE,
        notify_only=False,
        reason_text="The time to live of 10 hours in its deploy.yaml has expired.",
    )


@pytest.mark.parametrize(("action", "notify_only"), [("notify", True), ("retire", False)])
def test_idle(action: str, notify_only: bool) -> None:
    assert idle(10, action) == DueRetirement(
        RetirementReason.IDLE, notify_only, "It has had no requests in the last 10 hours."
    )


@pytest.mark.parametrize(
    ("hours", "changed"),
    [(0, {}), (11, {}), (10, {"invocations": 1.0}), (10, {"deployed_at": None})],
)
def test_not_idle(hours: int, changed: dict[str, Any]) -> None:
    assert idle(hours, "retire", **changed) is None


def test_expired_takes_precedence_over_idle() -> None:
    found = idle(10, hours_to_live=10)
    assert found is not None
    assert found.reason is RetirementReason.TIME_TO_LIVE


def test_endpoint_that_is_scaled_to_zero_costs_nothing_idle() -> None:
    assert idle(2) is not None
    assert idle(2, has_instances=False) is None
