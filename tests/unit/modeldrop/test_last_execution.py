"""Which model an execution was of, and how it ended."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from modeldrop.last_execution import execution_of, last_executions, model_of
from tests.unit.modeldrop.recorded import EXECUTION, ROLE

if TYPE_CHECKING:
    from boto3 import Session

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


def test_the_newest_of_each_model_counts(session: Session) -> None:
    stepfunctions = session.client("stepfunctions")
    machine = stepfunctions.create_state_machine(
        name="deploy-model", definition='{"StartAt": "A"}', roleArn=ROLE
    )["stateMachineArn"]
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
