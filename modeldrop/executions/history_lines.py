"""What an execution went through, as lines: states, attempts that failed, and its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modeldrop.executions.log_lines import LogLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_stepfunctions import SFNClient

_FAILED = (
    "taskFailedEventDetails",
    "taskTimedOutEventDetails",
    "lambdaFunctionFailedEventDetails",
    "lambdaFunctionTimedOutEventDetails",
    "executionFailedEventDetails",
    "executionAbortedEventDetails",
    "executionTimedOutEventDetails",
)
"""Events that tell an error (GetExecutionHistory API reference)."""


def story(stepfunctions: SFNClient, arn: str) -> list[LogLine]:
    """Read the history of an execution."""
    pages = stepfunctions.get_paginator("get_execution_history").paginate(executionArn=arn)
    return list(told(event for page in pages for event in page["events"]))


def told(events: Iterable[Mapping[str, Any]]) -> Iterator[LogLine]:
    """Tell the events that matter to people; the rest is Step Functions' own bookkeeping."""
    state = "The execution"
    for event in events:
        at = event["timestamp"]
        if "stateEnteredEventDetails" in event:
            state = event["stateEnteredEventDetails"]["name"]
            yield LogLine(at, state)
        elif event["type"] == "ExecutionSucceeded":
            yield LogLine(at, "The execution SUCCEEDED")
        for key in _FAILED:
            if key in event:
                who = "The execution" if event["type"].startswith("Execution") else state
                yield LogLine(at, f"{who} failed: {_why(event[key])}")


def _why(details: Mapping[str, Any]) -> str:
    said = (details.get("error"), _message(details.get("cause") or ""))
    return ": ".join(str(each) for each in said if each) or "no reason is given"


def _message(cause: str) -> str:
    """Read what a function raised, which Lambda wraps in JSON (its guide, "Function errors")."""
    try:
        told = json.loads(cause)
    except json.JSONDecodeError:
        return cause
    return str(told["errorMessage"]) if isinstance(told, dict) and "errorMessage" in told else cause
