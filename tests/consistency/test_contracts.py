"""The state machines and the contracts of the functions agree."""

import json
import re

import pytest

from model_packager.stored import CaughtError, Source
from tests.consistency.asl import MACHINES, STATES, TASKS, pascal
from workflow.contracts import batch_transform, deploy_model, retire_model
from workflow.contracts.base import Contract
from workflow.contracts.deploy_model import Ending
from workflow.contracts.retire_model import DeletedObject, PublishRetirementInput

RESULT = re.compile(r"\$states\.result\.(\w+)")
CONTRACTS = vars(deploy_model) | vars(batch_transform) | vars(retire_model)
VARIABLE = re.compile(r"\$(?!states\b|exists\b|contains\b|string\b|max\b|floor\b)([a-z]\w*)")


def contract(state: str, end: str) -> type[Contract]:
    found: type[Contract] = CONTRACTS[f"{pascal(state)}{end}"]
    return found


@pytest.mark.parametrize("state", TASKS)
def test_arguments_are_exactly_the_input(state: str) -> None:
    assert list(TASKS[state]["Arguments"]) == list(contract(state, "Input").model_fields)


@pytest.mark.parametrize("state", TASKS)
def test_assigned_values_are_in_the_output(state: str) -> None:
    kept = RESULT.findall(json.dumps(TASKS[state].get("Assign", {})))
    assert set(kept) <= set(contract(state, "Output").model_fields)


@pytest.mark.parametrize(
    ("choice", "task"),
    [
        ("Model to Redeploy?", "Find Model"),
        ("CPU Test?", "Inspect Model"),
        ("Endpoint Ready?", "Check Endpoint"),
        ("Rolled Back?", "Roll Back"),
        ("Deployment Result?", "Publish Result"),
        ("Batch Planned?", "Plan Batch"),
        ("Inputs Encoded?", "Encode Inputs"),
        ("Transform Ended?", "Check Transform"),
        ("Results Collected?", "Collect Results"),
        ("Batch Result?", "Publish Batch"),
        ("Retirement Decision?", "Decide Retirement"),
        ("Retired?", "Retire Model"),
        ("Retirement Result?", "Publish Retirement"),
    ],
)
def test_fields_used_by_choices_are_in_the_output(choice: str, task: str) -> None:
    assert TASKS[task]["Next"] == choice
    used_fields = re.findall(r"\$states\.input\.(\w+)", json.dumps(STATES[choice]))
    assert used_fields
    assert set(used_fields) <= set(contract(task, "Output").model_fields)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_variable_is_initialized_at_the_start(machine: str) -> None:
    states = MACHINES[machine]["States"]
    made = set(states[MACHINES[machine]["StartAt"]]["Assign"])
    expressions = re.findall(r"\{%.*?%\}", json.dumps(states))
    used = {name for each in expressions for name in VARIABLE.findall(each)}
    assert used == made


def test_source_is_the_contract() -> None:
    assert set(STATES["Receive Drop"]["Assign"]["source"]) == set(Source.model_fields)


def test_deleted_object_is_the_contract() -> None:
    expression = STATES["Receive Retirement"]["Assign"]["request"]
    names = re.findall(r"'(\w+)':", expression.partition("'deleted': ")[2])
    assert set(names) == set(DeletedObject.model_fields)


@pytest.mark.parametrize("state", TASKS)
def test_failure_is_the_contract(state: str) -> None:
    for each in TASKS[state]["Catch"]:
        failure = each.get("Assign", {}).get("failure")
        if isinstance(failure, dict):
            assert set(failure) == set(CaughtError.model_fields)
        recovered_errors = each.get("Assign", {}).get("recovered_errors", "")
        if recovered_errors:
            assert set(re.findall(r"'(\w+)':", recovered_errors)) == set(CaughtError.model_fields)


def test_report_and_result_receive_the_same_ending() -> None:
    ending = TASKS["Write Report"]["Arguments"]["ending"]
    assert list(ending) == list(Ending.model_fields)
    assert TASKS["Publish Result"]["Arguments"]["ending"] == ending


@pytest.mark.parametrize("state", ["Write Report", "Publish Result"])
def test_state_accepts_the_initial_values(state: str) -> None:
    start = STATES["Receive Drop"]["Assign"] | {
        "source": {"bucket": "drops", "key": "cat/model.pt", "etag": "0"},
        "event_time": "2026-08-01T15:12:24Z",
        "execution_arn": "arn",
        "restoring": False,
    }
    ending = {name: start[name] for name in Ending.model_fields}
    fields = contract(state, "Input").model_fields
    others = {name: start[name] for name in fields if name != "ending"}
    event = contract(state, "Input").model_validate(others | {"ending": ending})
    assert event.model_dump()["ending"]["deployment"] is None


@pytest.mark.parametrize("task", ["Write Report", "Write Index"])
def test_failed_report_hides_no_result(task: str) -> None:
    (catch,) = TASKS[task]["Catch"]
    assert catch["ErrorEquals"] == ["States.ALL"]
    assert catch["Next"] == TASKS[task]["Next"]
    assert TASKS[task]["Next"].startswith("Publish ")
    assert "failure" not in catch.get("Assign", {})


def test_publish_retirement_accepts_the_initial_values() -> None:
    start = STATES["Receive Retirement"]["Assign"]
    unknown = {name: start[name] for name in PublishRetirementInput.model_fields if name in start}
    step_input = PublishRetirementInput.model_validate(
        unknown | {"request": {"reason": "COMMAND", "model": "cat"}, "execution_arn": "arn"}
    )
    assert step_input.retirement is None
