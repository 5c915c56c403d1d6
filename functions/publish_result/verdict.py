"""What the first error of an execution means: the status, the cause and the fix."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.contracts import Status

if TYPE_CHECKING:
    from workflow.contracts import Failure

_STATUS_OF_ERROR = {
    "DuplicateDrop": Status.DUPLICATE,
    "SupersededDrop": Status.SUPERSEDED,
    "EndpointRolledBack": Status.ROLLED_BACK,
}

_FIX_OF_ERROR = {
    "States.Timeout": (
        "Drop the model again. If it takes too long again, the function's log says where."
    ),
}
_FIX_ELSE = (
    "This is a fault of the pipeline, not of the model. See the execution's log, and drop the "
    "model again."
)


@dataclass(frozen=True)
class Verdict:
    """All but the status are None after success."""

    status: Status
    failed_state: str | None = None
    error: str | None = None
    cause: str | None = None
    fix: str | None = None


def verdict(failure: Failure | None) -> Verdict:
    """Judge the first error as Step Functions caught it; None is success."""
    if failure is None:
        return Verdict(Status.SUCCEEDED)
    cause, fix = cause_and_fix(failure)
    return Verdict(
        status=_STATUS_OF_ERROR.get(failure.error, Status.FAILED),
        failed_state=failure.state,
        error=failure.error,
        cause=cause,
        fix=fix,
    )


def cause_and_fix(failure: Failure) -> tuple[str, str]:
    """Read why, and what to do, from an error as Step Functions caught it."""
    cause, _, fix = _error_message(failure.cause).partition("\nFix: ")
    return (
        cause or f"{failure.state} ended with {failure.error}, without a message.",
        fix or _FIX_OF_ERROR.get(failure.error, _FIX_ELSE),
    )


def _error_message(cause: str) -> str:
    """Take the message out of Lambda's JSON; other causes, such as a time-out's, are plain text."""
    try:
        told = json.loads(cause)
    except json.JSONDecodeError:
        return cause
    return str(told.get("errorMessage", cause)) if isinstance(told, dict) else cause
