"""The polling loops of the commands stay far below the API quotas of an account."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from model_packager.aws_limits import (
    DESCRIBE_EXECUTION_RATE,
    GET_HISTORY_RATE,
    LIST_EXECUTIONS_RATE,
)
from modeldrop.command.terminal import following as command_following
from modeldrop.dropping.drop import Dropped
from modeldrop.executions import log_lines
from modeldrop.executions.following import NotStarted, find_execution, follow
from modeldrop.orphans import removal

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

CALLS_PER_SECOND = {
    "ListExecutions": LIST_EXECUTIONS_RATE.value,
    "DescribeExecution": DESCRIBE_EXECUTION_RATE.value,
    "GetExecutionHistory": GET_HISTORY_RATE.value,
}
"""The quotas for all users of an account and Region."""
USERS = 3
"""The number of commands that may run at the same time."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that advances only during sleeps."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    return now


@pytest.fixture
def calls(stepfunctions: SFNClient) -> Counter[str]:
    counted: Counter[str] = Counter()

    def count(model: Any, **_other: Any) -> None:
        counted[model.name] += 1

    stepfunctions.meta.events.register("before-call.stepfunctions", count)
    return counted


def assert_below_quotas(calls: Counter[str], seconds: float) -> None:
    rates = {name: number / seconds for name, number in calls.items()}
    assert rates
    for name, rate in rates.items():
        assert rate * USERS <= CALLS_PER_SECOND[name], (name, rate)


def test_search_for_an_execution_backs_off(
    stepfunctions: SFNClient, machine: str, clock: list[float], calls: Counter[str]
) -> None:
    with pytest.raises(NotStarted, match="No execution started"):
        find_execution(
            stepfunctions,
            machine,
            Dropped("drops", "resnet/model.pt", "abc", "v1", datetime.now(UTC)),
        )
    assert_below_quotas(calls, clock[0])


def test_following_an_execution_stays_below_the_quotas(
    stepfunctions: SFNClient, machine: str, clock: list[float], calls: Counter[str]
) -> None:
    arn = stepfunctions.start_execution(stateMachineArn=machine)["executionArn"]
    calls.clear()
    for _visits in follow(stepfunctions, arn, command_following.POLL_SECONDS):
        if clock[0] >= 60:
            break
    assert_below_quotas(calls, clock[0])


def test_fixed_intervals_leave_room_for_other_users() -> None:
    """FilterLogEvents allows 5 calls a second (user guide, "CloudWatch Logs quotas").

    AWS does not document a rate for DescribeEndpoint, which `removal` polls.
    """
    assert USERS / log_lines.POLL_SECONDS <= 5
    assert removal.POLL_SECONDS >= 2
