"""Renders the history of an execution as log lines: states, failed attempts, and the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model_packager.error_message import message_of
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
"""The event details with an error (GetExecutionHistory API reference)."""


def history_lines(stepfunctions: SFNClient, arn: str) -> list[LogLine]:
    """Return the history of an execution as log lines."""
    pages = stepfunctions.get_paginator("get_execution_history").paginate(executionArn=arn)
    return list(lines_of(event for page in pages for event in page["events"]))


def lines_of(events: Iterable[Mapping[str, Any]]) -> Iterator[LogLine]:
    """Yield a line for each state, failure and end; skip the other events."""
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
    reason = (details.get("error"), message_of(details.get("cause") or ""))
    return ": ".join(str(each) for each in reason if each) or "no reason given"
