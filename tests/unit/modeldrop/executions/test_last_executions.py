"""The executions of each model, and their results."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from moto.stepfunctions.models import stepfunctions_backends

from modeldrop.errors import UsageError
from modeldrop.executions.last_executions import (
    execution_of,
    execution_to_watch,
    last_executions,
    model_of,
)
from tests.unit.modeldrop.recorded import EXECUTION

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

STARTED = datetime(2026, 8, 1, tzinfo=UTC)


def event(key: str) -> str:
    return json.dumps({"detail": {"bucket": {"name": "drops"}, "object": {"key": key}}})


@pytest.mark.parametrize(
    ("text", "model"),
    [
        (event("resnet/model.pt"), "resnet"),
        (event("team/a/resnet/model.onnx"), "resnet"),
        (event("resnet/deploy.yaml"), "resnet"),
        (event("model.pt"), "model"),
        (event("a b/model.pt"), None),
        ('{"retire": {}}', None),
        ('{"detail": "x"}', None),
        ("[]", None),
    ],
)
def test_the_folder_of_the_object_is_the_model(text: str, model: str | None) -> None:
    assert model_of(text) == model


def ended(status: str, **more: Any) -> Any:
    return {"executionArn": EXECUTION, "status": status, "startDate": STARTED, **more}


@pytest.mark.parametrize(
    ("described", "result"),
    [
        (ended("RUNNING"), "RUNNING"),
        (ended("SUCCEEDED", output='{"status": "SUPERSEDED"}'), "SUPERSEDED"),
        (ended("FAILED", error="ModelRejected", cause="No."), "FAILED"),
        (ended("FAILED", error="EndpointRolledBack", cause="No."), "ROLLED_BACK"),
        (ended("ABORTED"), "ABORTED"),
    ],
)
def test_the_result_is_the_notifications(described: Any, result: str) -> None:
    found = execution_of(described)
    assert found is not None
    assert (found.result, found.error) == (result, described.get("error"))


def test_nothing_to_deploy_is_no_result() -> None:
    assert execution_of(ended("SUCCEEDED", output='{"source": null}')) is None


def test_the_newest_of_each_model_counts(stepfunctions: SFNClient, machine: str) -> None:
    first, second, other = (
        stepfunctions.start_execution(stateMachineArn=machine, input=event(key))["executionArn"]
        for key in ("resnet/model.pt", "resnet/model.pt", "vgg/model.pt")
    )
    stepfunctions.stop_execution(executionArn=first, error="X", cause="because")
    found = last_executions(stepfunctions, machine)
    assert {name: (each.arn, each.result) for name, each in found.items()} == {
        "resnet": (second, "RUNNING"),
        "vgg": (other, "RUNNING"),
    }


def succeed(arn: str, output: dict[str, Any]) -> None:
    """Finish an execution, which moto itself never does."""
    region, account = arn.split(":")[3:5]
    execution = stepfunctions_backends[account][region].describe_execution(arn)
    execution.status, execution.output = "SUCCEEDED", json.dumps(output)
    execution.stop_date = datetime.now(UTC)


def test_deploy_yaml_with_nothing_to_deploy_is_not_the_last_execution(
    stepfunctions: SFNClient, machine: str, started: Started
) -> None:
    deployed = started.running("resnet/model.pt")
    succeed(deployed, {"status": "SUCCEEDED"})
    succeed(started.running("resnet/deploy.yaml"), {"source": None})
    assert latest(stepfunctions, machine) == deployed
    found = last_executions(stepfunctions, machine)
    assert {name: (each.arn, each.result) for name, each in found.items()} == {
        "resnet": (deployed, "SUCCEEDED")
    }


def test_execution_without_a_model_is_not_listed(
    stepfunctions: SFNClient, machine: str, started: Started
) -> None:
    started.running("a b/model.pt")
    assert last_executions(stepfunctions, machine) == {}


class Started:
    """Executions in the order of their starts."""

    def __init__(self, stepfunctions: SFNClient, machine: str) -> None:
        self._stepfunctions = stepfunctions
        self._machine = machine

    def running(self, key: str) -> str:
        return self._stepfunctions.start_execution(stateMachineArn=self._machine, input=event(key))[
            "executionArn"
        ]

    def ended(self, key: str) -> str:
        arn = self.running(key)
        self._stepfunctions.stop_execution(executionArn=arn)
        return arn


@pytest.fixture
def started(stepfunctions: SFNClient, machine: str) -> Started:
    return Started(stepfunctions, machine)


def latest(stepfunctions: SFNClient, machine: str, model: str = "resnet") -> str | None:
    found = execution_to_watch(stepfunctions, machine, model)
    return found["executionArn"] if found else None


def test_running_one_comes_before_later_ones_that_ended(
    stepfunctions: SFNClient, machine: str, started: Started
) -> None:
    started.running("resnet/model.pt")
    running = started.running("team/resnet/model.onnx")
    started.ended("resnet/model.pt")
    started.running("vgg/model.pt")
    assert latest(stepfunctions, machine) == running


def test_last_one_where_none_is_running(
    stepfunctions: SFNClient, machine: str, started: Started
) -> None:
    started.ended("resnet/model.pt")
    last = started.ended("resnet/model.pt")
    started.ended("vgg/model.pt")
    assert latest(stepfunctions, machine) == last


def test_deploy_yaml_uploaded_with_a_model_is_not_watched(
    stepfunctions: SFNClient, machine: str, started: Started
) -> None:
    started.running("resnet/deploy.yaml")
    refused = started.ended("resnet/model.pt")
    assert latest(stepfunctions, machine) == refused


def test_deploy_yaml_alone_is_watched(
    stepfunctions: SFNClient, machine: str, started: Started
) -> None:
    started.ended("resnet/model.pt")
    redeployed = started.running("resnet/deploy.yaml")
    assert latest(stepfunctions, machine) == redeployed


def test_bare_model_is_called_model(
    stepfunctions: SFNClient, machine: str, started: Started
) -> None:
    bare = started.running("model.pt")
    assert latest(stepfunctions, machine, "model") == bare


def test_none_at_all(stepfunctions: SFNClient, machine: str, started: Started) -> None:
    started.running("vgg/model.pt")
    started.running("no good näme/model.pt")
    assert latest(stepfunctions, machine) is None


def test_name_that_no_model_can_have(stepfunctions: SFNClient, machine: str) -> None:
    with pytest.raises(UsageError, match='Invalid model name "a b"'):
        latest(stepfunctions, machine, "a b")
