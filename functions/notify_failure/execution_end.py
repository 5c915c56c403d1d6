"""How an execution ended, from the last events of its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workflow.aws.clients import stepfunctions

AFTER_PUBLISHING = frozenset({"Deployment Result?", "Retirement Result?", "Batch Result?"})
"""The states that run after Publish Result, Publish Retirement or Publish Batch has succeeded."""

_LAST_EVENTS = 25  # more than the states after publishing have

_DETAILS = (
    "executionFailedEventDetails",
    "executionTimedOutEventDetails",
    "executionAbortedEventDetails",
)


@dataclass(frozen=True)
class ExecutionEnd:
    """How an execution ended. `error` and `cause` are empty if Step Functions gives none."""

    published: bool
    error: str = ""
    cause: str = ""


UNKNOWN_END = ExecutionEnd(published=False)


def read_end(execution_arn: str) -> ExecutionEnd:
    """Read whether the execution has published its result, and the error that ended it."""
    events = stepfunctions().get_execution_history(
        executionArn=execution_arn, maxResults=_LAST_EVENTS, reverseOrder=True
    )["events"]
    entered = {each.get("stateEnteredEventDetails", {}).get("name") for each in events}
    last: Any = events[0] if events else {}
    details: dict[str, str] = next((last[name] for name in _DETAILS if name in last), {})
    return ExecutionEnd(
        published=not AFTER_PUBLISHING.isdisjoint(entered),
        error=details.get("error", ""),
        cause=details.get("cause", ""),
    )
