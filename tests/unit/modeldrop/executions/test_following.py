from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from modeldrop.dropping.drop import Dropped
from modeldrop.executions.following import find_execution, is_running

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

DROPPED = Dropped("drops", "resnet/model.pt", "abc", "v1")


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


def test_execution_runs_until_it_has_ended(stepfunctions: SFNClient, machine: str) -> None:
    arn = start(stepfunctions, machine, event())
    assert is_running(stepfunctions, arn)
    stepfunctions.stop_execution(executionArn=arn)
    assert not is_running(stepfunctions, arn)
