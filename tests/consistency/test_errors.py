"""The names of errors in the state machine, the code, and the notification."""

import pytest

from model_packager.status import STATUS_OF_ERROR
from tests.consistency.asl import STATES, TASKS
from workflow import errors, outcome

SERVICE_ERRORS = {
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.ALL",
    "States.Timeout",
}
OF_THE_GRAPH = {"RetirementTimedOut"}
RETRIED = {"Throttled", "EndpointBusy"}


def named(kind: str) -> set[str]:
    rules = [rule for task in TASKS.values() for rule in task.get(kind, [])]
    return {error for rule in rules for error in rule["ErrorEquals"]}


def test_named_errors_exist() -> None:
    assert named("Retry") | named("Catch") <= set(errors.__all__) | SERVICE_ERRORS


def test_only_transient_errors_are_retried() -> None:
    assert named("Retry") - SERVICE_ERRORS == RETRIED


@pytest.mark.parametrize("state", TASKS)
def test_every_task_retries_transient_errors_and_catches_the_rest(state: str) -> None:
    task = TASKS[state]
    retried = {error for each in task["Retry"] for error in each["ErrorEquals"]}
    assert retried >= {"Throttled"} | (SERVICE_ERRORS - {"States.ALL"})
    assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    assert task["TimeoutSeconds"] > 0


def test_roll_back_without_the_scaling_has_removed_everything() -> None:
    first = TASKS["Roll Back"]["Catch"][0]
    assert first["ErrorEquals"] == ["ScalingNotRestored"]
    assert first["Assign"]["remaining"] == []
    assert "recovered_errors" in first["Assign"]


def test_outcome_knows_only_errors_that_exist() -> None:
    known = set(STATUS_OF_ERROR) | set(outcome._FIX_OF_ERROR) | set(outcome._FIX_AFTER_RETRIES)
    assert known <= set(errors.__all__) | SERVICE_ERRORS | OF_THE_GRAPH


def test_graph_names_the_errors_of_polling_that_runs_out() -> None:
    passes = [each for each in STATES.values() if each["Type"] == "Pass"]
    failures = [each["Assign"]["failure"] for each in passes]
    assert {each["error"] for each in failures if each is not None} == OF_THE_GRAPH


def test_errors_are_leaves_and_are_named_in_the_tree() -> None:
    tree = errors.__doc__ or ""
    for name in errors.__all__:
        assert name in tree, name
        kind = getattr(errors, name)
        if name != "StepError":
            assert not kind.__subclasses__(), f"{name} has children: ASL matches exact names"
