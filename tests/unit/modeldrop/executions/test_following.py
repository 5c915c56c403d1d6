from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from modeldrop.dropping.drop import Dropped
from modeldrop.executions import following
from modeldrop.executions.following import (
    CLOCK_SKEW,
    NotStarted,
    find_execution,
    is_running,
)

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

NOW = datetime.now(UTC)
DROPPED = Dropped("drops", "resnet/model.pt", "abc", "v1", NOW)


def event(**changed: str | None) -> dict[str, Any]:
    fields = {
        "bucket": "drops",
        "key": "resnet/model.pt",
        "etag": "abc",
        "version-id": "v1",
    } | changed
    bucket = {"name": fields.pop("bucket")}
    dropped_object = {name: value for name, value in fields.items() if value is not None}
    return {"detail": {"bucket": bucket, "object": dropped_object}}


def start(stepfunctions: SFNClient, machine: str, event: dict[str, Any]) -> str:
    started = stepfunctions.start_execution(stateMachineArn=machine, input=json.dumps(event))
    return started["executionArn"]


@pytest.mark.parametrize("version", ["v1", None])
def test_execution_of_the_drop_is_found_among_others(
    stepfunctions: SFNClient, machine: str, version: str | None
) -> None:
    others: list[dict[str, Any]] = [
        event(key="vgg/model.pt"),
        event(etag="other"),
        event(bucket="other"),
        event(**{"version-id": "v0"}),
        {},
    ]
    for other in others:
        start(stepfunctions, machine, other)
    own = start(stepfunctions, machine, event(**{"version-id": version}))
    for other in others:
        start(stepfunctions, machine, other)
    assert find_execution(stepfunctions, machine, DROPPED) == own


def test_executions_of_earlier_drops_are_not_described(
    stepfunctions: SFNClient, machine: str
) -> None:
    """A hundred DescribeExecution calls would take seconds, and use the quota of other users."""
    described: list[str] = []

    def note(params: dict[str, Any], **_: object) -> None:
        described.append(params["executionArn"])

    for _ in range(3):
        start(stepfunctions, machine, event(key="vgg/model.pt"))
    stepfunctions.meta.events.register(
        "provide-client-params.stepfunctions.DescribeExecution", note
    )
    later = replace(DROPPED, at=datetime.now(UTC) + 2 * CLOCK_SKEW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following, "START_TIMEOUT_SECONDS", 0.1)
        with pytest.raises(NotStarted, match="No execution started"):
            find_execution(stepfunctions, machine, later)
    assert described == []
    own = start(stepfunctions, machine, event())
    assert find_execution(stepfunctions, machine, DROPPED) == own
    assert described


def test_execution_may_start_a_little_before_the_drop_by_another_clock(
    stepfunctions: SFNClient, machine: str
) -> None:
    own = start(stepfunctions, machine, event())
    dropped = replace(DROPPED, at=datetime.now(UTC) + CLOCK_SKEW / 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following, "START_TIMEOUT_SECONDS", 1)
        assert find_execution(stepfunctions, machine, dropped) == own


def test_earlier_execution_of_the_same_object_is_not_the_one(
    stepfunctions: SFNClient, machine: str
) -> None:
    earlier = start(stepfunctions, machine, event())
    own = start(stepfunctions, machine, event())
    assert find_execution(stepfunctions, machine, DROPPED, [own]) == earlier
    assert find_execution(stepfunctions, machine, DROPPED, [earlier]) == own


def test_execution_runs_until_it_has_ended(stepfunctions: SFNClient, machine: str) -> None:
    arn = start(stepfunctions, machine, event())
    assert is_running(stepfunctions, arn)
    stepfunctions.stop_execution(executionArn=arn)
    assert not is_running(stepfunctions, arn)
