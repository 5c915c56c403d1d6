"""The states of an execution, from events as GetExecutionHistory returns them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from modeldrop.executions.history_lines import lines_of

AT = datetime(2026, 8, 1, tzinfo=UTC)


def event(kind: str, **details: Any) -> dict[str, Any]:
    return {"timestamp": AT, "type": kind, **details}


def test_states_attempts_and_the_end_are_listed() -> None:
    events = [
        event("ExecutionStarted"),
        event("TaskStateEntered", stateEnteredEventDetails={"name": "Inspect Model"}),
        event("TaskScheduled"),
        event("TaskFailed", taskFailedEventDetails={"error": "Throttled", "cause": "Busy."}),
        event("TaskTimedOut", taskTimedOutEventDetails={"error": "States.Timeout"}),
        event("TaskStateExited", stateExitedEventDetails={"name": "Inspect Model"}),
        event("FailStateEntered", stateEnteredEventDetails={"name": "Deployment Failed"}),
        event(
            "ExecutionFailed", executionFailedEventDetails={"error": "X", "cause": "No.\nFix: y"}
        ),
    ]
    assert [each.text for each in lines_of(events)] == [
        "Inspect Model",
        "Inspect Model failed: Throttled: Busy.",
        "Inspect Model failed: States.Timeout",
        "Deployment Failed",
        "The execution failed: X: No.\nFix: y",
    ]


def test_what_a_function_raised_is_unwrapped() -> None:
    cause = '{"errorMessage": "No model.\\nFix: drop one", "errorType": "ModelRejected"}'
    details = {"error": "ModelRejected", "cause": cause}
    [line] = lines_of([event("TaskFailed", taskFailedEventDetails=details)])
    assert line.text == "The execution failed: ModelRejected: No model.\nFix: drop one"


def test_success_and_an_end_without_a_reason() -> None:
    assert [each.text for each in lines_of([event("ExecutionSucceeded")])] == [
        "The execution SUCCEEDED"
    ]
    [line] = lines_of([event("ExecutionAborted", executionAbortedEventDetails={})])
    assert line.text == "The execution failed: no reason given"
