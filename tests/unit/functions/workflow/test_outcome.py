import json

import pytest

from model_packager.error_message import Remedy, joined
from model_packager.status import Status
from model_packager.stored import CaughtError
from workflow.errors import EndpointBusy, StepError, Throttled
from workflow.outcome import DeploymentOutcome, outcome_of


def failed(error: str, cause: str, state: str = "Create Model") -> DeploymentOutcome:
    return outcome_of(CaughtError(state=state, error=error, cause=cause))


def of_lambda(message: str) -> str:
    """Return the cause that Step Functions gives for a Lambda function's exception."""
    payload = {
        "errorMessage": message,
        "errorType": "X",
        "requestId": "1",
        "stackTrace": ["  File"],
    }
    return json.dumps(payload)


def test_no_failure_is_success() -> None:
    assert outcome_of(None) == DeploymentOutcome(Status.SUCCEEDED)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("DuplicateDrop", Status.DUPLICATE),
        ("SupersededDrop", Status.SUPERSEDED),
        ("EndpointRolledBack", Status.ROLLED_BACK),
        ("ModelRejected", Status.FAILED),
        ("EndpointTimedOut", Status.FAILED),
        ("States.Timeout", Status.FAILED),
        ("Runtime.ExitError", Status.FAILED),
    ],
)
def test_status_follows_the_error(error: str, status: Status) -> None:
    assert failed(error, of_lambda("why\nFix: what")).status == status


def test_cause_and_fix_come_from_lambdas_message() -> None:
    assert failed(
        "ModelRejected", of_lambda("It is HTML.\nFix: Upload\nthe model.")
    ) == DeploymentOutcome(
        Status.FAILED,
        "Create Model",
        "ModelRejected",
        "It is HTML.",
        "Upload\nthe model.",
        remedy=Remedy.CORRECT_MODEL,
    )


@pytest.mark.parametrize(
    ("kind", "fix"),
    [
        (Throttled, "but the error persisted. See AWS Health, then upload the model again."),
        (EndpointBusy, "but the cause remained. When it is gone, upload the model again."),
    ],
)
def test_nobody_waits_for_a_retry_after_the_last_one(kind: type[StepError], fix: str) -> None:
    raised = kind("AWS is busy.", "No action needed: this step is retried.")
    found = failed(kind.__name__, of_lambda(str(raised)))
    assert (found.cause, found.fix) == ("AWS is busy.", f"The step was retried, {fix}")


def test_evidence_and_remedy_come_from_the_message() -> None:
    text = joined("It crashed.", "Run it.", "Signal (11)\nreceived.", Remedy.RUN_MODEL)
    found = failed("EndpointFailed", of_lambda(text))
    assert (found.cause, found.fix) == ("It crashed.", "Run it.")
    assert (found.evidence, found.remedy) == ("Signal (11) received.", Remedy.RUN_MODEL)


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("SpecRejected", Remedy.CORRECT_SPEC),
        ("AwsRefused", Remedy.CHECK_ACCOUNT),
        ("States.Timeout", Remedy.RETRY),
        ("DuplicateDrop", None),
        ("SupersededDrop", None),
    ],
)
def test_error_without_a_remedy_has_that_of_its_name(error: str, remedy: Remedy | None) -> None:
    assert failed(error, of_lambda("why\nFix: what")).remedy is remedy


@pytest.mark.parametrize("cause", ["plain text", "[1, 2]", '"text"', "12", "{not json"])
def test_other_cause_is_unchanged(cause: str) -> None:
    found = failed("States.Runtime", cause)
    assert found.cause == cause
    assert found.fix is not None
    assert "an error of the pipeline" in found.fix


def test_json_without_a_message_is_unchanged() -> None:
    assert failed("X", '{"a": 1}').cause == '{"a": 1}'


@pytest.mark.parametrize("cause", ["", of_lambda("")])
def test_missing_cause(cause: str) -> None:
    assert failed("States.Timeout", cause).cause == (
        "Create Model failed with States.Timeout, without a message."
    )


@pytest.mark.parametrize(
    ("error", "advice"),
    [("States.Timeout", "Upload the model again")],
)
def test_timeout_has_its_own_fix(error: str, advice: str) -> None:
    fix = failed(error, "").fix
    assert fix is not None
    assert advice in fix
