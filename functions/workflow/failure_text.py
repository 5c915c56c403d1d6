"""Cause and fix of an error that Step Functions caught."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_packager.stored import CaughtError

_FIX_OF_ERROR = {
    "States.Timeout": ("Upload the model again. If it times out again, check the function's log."),
}
_FIX_ELSE = (
    "This is an error of the pipeline, not of the model. Check the execution's log, then upload "
    "the model again."
)


def cause_and_fix(failure: CaughtError) -> tuple[str, str]:
    """Return cause and fix of an error that Step Functions caught."""
    cause, _, fix = _error_message(failure.cause).partition("\nFix: ")
    return (
        cause or f"{failure.state} failed with {failure.error}, without a message.",
        fix or _FIX_OF_ERROR.get(failure.error, _FIX_ELSE),
    )


def _error_message(cause: str) -> str:
    """Extract the message from Lambda's JSON; other causes, such as a timeout's, are plain text."""
    try:
        payload = json.loads(cause)
    except json.JSONDecodeError:
        return cause
    return str(payload.get("errorMessage", cause)) if isinstance(payload, dict) else cause
