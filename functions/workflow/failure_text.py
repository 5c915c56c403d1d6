"""Why, and what to do: the words of an error as Step Functions caught it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_packager.stored import CaughtError

_FIX_OF_ERROR = {
    "States.Timeout": (
        "Drop the model again. If it takes too long again, the function's log says where."
    ),
}
_FIX_ELSE = (
    "This is a fault of the pipeline, not of the model. See the execution's log, and drop the "
    "model again."
)


def cause_and_fix(failure: CaughtError) -> tuple[str, str]:
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
