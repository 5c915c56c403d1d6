from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from model_packager.rejection import ModelRejected
from modeldrop.latest_execution import latest_execution
from modeldrop.mistake import Mistake

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_stepfunctions import SFNClient


@pytest.fixture
def stepfunctions(session: Session) -> SFNClient:
    return session.client("stepfunctions")


@pytest.fixture
def machine(stepfunctions: SFNClient) -> str:
    return stepfunctions.create_state_machine(
        name="deploy-model",
        definition='{"StartAt": "A"}',
        roleArn="arn:aws:iam::123456789012:role/deploy-model",
    )["stateMachineArn"]


class Started:
    """Executions, started in order."""

    def __init__(self, stepfunctions: SFNClient, machine: str) -> None:
        self._stepfunctions = stepfunctions
        self._machine = machine

    def running(self, key: str) -> str:
        event = {"detail": {"object": {"key": key}}}
        return self._stepfunctions.start_execution(
            stateMachineArn=self._machine, input=json.dumps(event)
        )["executionArn"]

    def ended(self, key: str) -> str:
        arn = self.running(key)
        self._stepfunctions.stop_execution(executionArn=arn)
        return arn


@pytest.fixture
def started(stepfunctions: SFNClient, machine: str) -> Started:
    return Started(stepfunctions, machine)


def latest(stepfunctions: SFNClient, machine: str, model: str = "resnet") -> str:
    return latest_execution(stepfunctions, machine, model)["executionArn"]


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


def test_deploy_yaml_that_came_along_is_not_watched(
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
    with pytest.raises(Mistake, match="modeldrop drop FILE --name resnet"):
        latest(stepfunctions, machine)


def test_name_that_no_model_can_have(stepfunctions: SFNClient, machine: str) -> None:
    with pytest.raises(ModelRejected):
        latest(stepfunctions, machine, "a b")
