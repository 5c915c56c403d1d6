from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from model_packager.executions.inputs import restore_input, sleep_input, wake_input
from model_packager.executions.published_line import PUBLISHED_LINE
from notify_failure.execution_end import AFTER_PUBLISHING
from notify_failure.handler import handler
from tests.consistency.asl import STATES
from tests.topic_queue import topic_queue
from tests.unit.functions.emitted import logged
from tests.unit.functions.samples import ACCOUNT, REGION, VERSION, client_error, source
from workflow.aws.clients import sns, stepfunctions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext

    Received = Callable[[], list[dict[str, Any]]]
    Histories = list[dict[str, Any]]

ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:modeldrop-deploy-model:drop"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:modeldrop-deploy-model"
DROP = {
    "detail": {
        "bucket": {"name": "drops"},
        "object": {"key": "team/resnet/model.pt", "etag": "abc", "version-id": "v1"},
    }
}
DELETED = {"detail": {"bucket": {"name": "drops"}, "object": {"key": "resnet/model.pt"}}}
REQUEST = {"retire": {"reason": "COMMAND", "model": "resnet"}}
SOURCE, TIME = source("0f343b0931126a20f133d67c2b018a3b"), "2026-08-01T15:12:24Z"
CAUSE = '{"errorMessage": "The role is gone.\\nFix: Create it."}'
FAILED = {"executionFailedEventDetails": {"error": "Lambda.Unknown", "cause": CAUSE}}


def event(status: str = "FAILED", started_with: Any = DROP, **changed: Any) -> dict[str, Any]:
    """Return EventBridge's event (Step Functions developer guide, event examples)."""
    detail = {
        "executionArn": ARN,
        "stateMachineArn": MACHINE,
        "name": "drop",
        "status": status,
        "input": None if started_with is None else json.dumps(started_with),
        "inputDetails": {"included": True},
        "output": None,
        "redriveCount": 0,
    }
    return {"source": "aws.states", "detail": detail | changed}


@pytest.fixture
def history(aws: None) -> Iterator[Histories]:
    """The last events of the execution, newest first, because moto's executions have no events."""
    events: Histories = []

    def answer(parsed: dict[str, Any], **_: object) -> None:
        parsed["events"] = [{"timestamp": 0, "type": "", "id": 1} | each for each in events]

    machine = stepfunctions().create_state_machine(
        name="modeldrop-deploy-model",
        definition='{"StartAt": "A"}',
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
    )["stateMachineArn"]
    stepfunctions().start_execution(stateMachineArn=machine, name="drop")
    hook = "after-call.sfn.GetExecutionHistory"
    stepfunctions().meta.events.register(hook, answer)
    yield events
    stepfunctions().meta.events.unregister(hook, answer)


@pytest.fixture
def received(history: Histories, monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    topic = sns().create_topic(Name="results")["TopicArn"]
    monkeypatch.setenv("TOPIC_ARN", topic)
    monkeypatch.setenv("CHAT_TOPIC_ARN", "")
    with topic_queue(sns(), boto3.client("sqs"), topic) as queue:
        yield queue.envelopes


def entered(*names: str) -> list[dict[str, Any]]:
    return [{"stateEnteredEventDetails": {"name": name}} for name in reversed(names)]


def json_of(message: dict[str, Any]) -> Any:
    return json.loads(message["Message"])


def test_execution_that_could_not_publish_is_reported(
    received: Received,
    history: Histories,
    context: LambdaContext,
    caplog: pytest.LogCaptureFixture,
) -> None:
    history += [FAILED, *entered("Write Report", "Publish Result", "Deployment Failed")]
    assert handler(event(), context) == {"published": True}
    (message,) = received()
    [line] = [each for each in logged(caplog) if each["message"] == PUBLISHED_LINE]
    assert line["subject"] == message["Subject"]
    assert line["content"] == json_of(message)
    assert line["words"].startswith("The deployment of resnet ended without a result")
    assert message["Subject"] == "FAILED: the deployment of resnet ended without a result"
    content = json_of(message)
    assert (content["model"], content["error"]) == ("resnet", "Lambda.Unknown")
    assert content["source"]["key"] == "team/resnet/model.pt"
    assert content["cause"].endswith("The role is gone.")
    assert content["fix"] == "Create it."
    assert content["execution_arn"] == ARN
    attributes = {name: each["Value"] for name, each in message["MessageAttributes"].items()}
    assert (attributes["kind"], attributes["needs_action"]) == ("deployment", "true")


@pytest.mark.parametrize("state", sorted(AFTER_PUBLISHING))
def test_execution_that_has_published_is_not_reported_again(
    received: Received, history: Histories, context: LambdaContext, state: str
) -> None:
    history += [FAILED, *entered("Publish Result", state, "Deployment Failed")]
    assert handler(event(), context) == {"published": False}
    assert received() == []


@pytest.mark.parametrize(
    ("status", "cause"), [("TIMED_OUT", "ran for too long"), ("ABORTED", "Someone stopped")]
)
@pytest.mark.parametrize(
    ("started_with", "model"),
    [
        (DROP, "resnet"),
        (DELETED, "resnet"),
        (REQUEST, "resnet"),
        (None, "unknown"),
        ([1], "unknown"),
        ({"detail": []}, "unknown"),
        ({"detail": {"bucket": {"name": "b"}, "object": {"key": "a b/model.pt"}}}, "a b/model.pt"),
        ({"detail": {"bucket": {"name": "b"}, "object": {"key": "a/batch/1/_READY"}}}, "a"),
    ],
)
def test_execution_that_was_stopped_is_reported_whatever_started_it(
    received: Received,
    context: LambdaContext,
    status: str,
    cause: str,
    started_with: Any,
    model: str,
) -> None:
    machine = MACHINE if started_with == DROP else MACHINE.replace("deploy", "retire")
    handler(event(status, started_with, stateMachineArn=machine), context)
    (message,) = received()
    content = json_of(message)
    assert (content["model"], content["execution_status"]) == (model, status)
    assert cause in content["cause"]
    assert "modeldrop orphans" in content["fix"]


@pytest.mark.parametrize(
    ("machine", "started_with", "again"),
    [
        ("deploy", DROP, "then upload the model again."),
        ("deploy", restore_input(SOURCE, VERSION, TIME), "then roll back again."),
        ("deploy", wake_input(SOURCE, VERSION, TIME), "then wake the model again."),
        ("retire", REQUEST, "then retire the model again."),
        ("retire", sleep_input("resnet", "SCHEDULE", TIME), "then put the model to sleep again."),
    ],
)
def test_fix_repeats_what_the_execution_was_started_for(
    received: Received, context: LambdaContext, machine: str, started_with: Any, again: str
) -> None:
    arn = MACHINE.replace("deploy", machine)
    handler(event("ABORTED", started_with, stateMachineArn=arn), context)
    (message,) = received()
    assert json_of(message)["fix"].endswith(again)


@pytest.mark.parametrize(
    ("machine", "error", "again"),
    [
        ("deploy-model", "Throttled", "then upload the model again."),
        ("batch-transform", "AwsRefused", "then upload _READY again."),
        ("retire-model", "AwsRefused", "then retire the model again."),
    ],
)
def test_fix_of_the_error_counts_only_if_it_is_true(
    received: Received,
    history: Histories,
    context: LambdaContext,
    machine: str,
    error: str,
    again: str,
) -> None:
    """No step is retried after the end, and the fix of a refusal names the upload of a model."""
    history += [{"executionFailedEventDetails": {"error": error, "cause": CAUSE}}]
    handler(event(stateMachineArn=MACHINE.replace("deploy-model", machine)), context)
    (message,) = received()
    assert json_of(message)["fix"].endswith(again)


def test_stopped_batch_job_is_reported_with_its_fix(
    received: Received, context: LambdaContext
) -> None:
    started_with = {"detail": {"bucket": {"name": "b"}, "object": {"key": "a/batch/1/_READY"}}}
    machine = MACHINE.replace("deploy-model", "batch-transform")
    handler(event("ABORTED", started_with, stateMachineArn=machine), context)
    (message,) = received()
    assert message["MessageAttributes"]["kind"]["Value"] == "batch"
    assert "the batch job of a ended without a result" in message["Subject"]
    assert "upload _READY again" in json_of(message)["fix"]


def test_unreadable_history_does_not_suppress_the_notification(
    received: Received, context: LambdaContext
) -> None:
    def refuse(**_: object) -> None:
        raise client_error("AccessDeniedException", "no")

    hook = "before-call.sfn.GetExecutionHistory"
    stepfunctions().meta.events.register(hook, refuse)
    try:
        assert handler(event(error="States.DataLimitExceeded"), context) == {"published": True}
    finally:
        stepfunctions().meta.events.unregister(hook, refuse)
    (message,) = received()
    assert json_of(message)["error"] == "States.DataLimitExceeded"


def test_state_after_publishing_is_only_reached_by_publishing() -> None:
    for state in AFTER_PUBLISHING:
        ways = {
            name
            for name, each in STATES.items()
            for way in (each, *each.get("Catch", []), *each.get("Choices", []))
            if state in (way.get("Next"), way.get("Default"))
        }
        assert len(ways) == 1
        assert ways <= {"Publish Result", "Publish Batch", "Publish Retirement"}
        caught = [each["Next"] for each in STATES[ways.pop()]["Catch"]]
        assert state not in caught
