"""Step Functions' limit on the data of a state, which MiniStack lacks.

MiniStack's patched modules call this module.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from model_packager.aws_limits import STATE_DATA_BYTES

DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
TERMINAL = frozenset({DATA_LIMIT_EXCEEDED, "States.Runtime"})
"""The errors that States.ALL does not match (developer guide, "Handling errors in Step Functions
workflows"). The guide does not say whether their names match them; here they do.
"""


def error_of(state: str, value: object) -> tuple[str, str] | None:
    """Return the error name and cause for a value above the limit; otherwise None.

    The value is the output of a task, the input of a task after Arguments, the output of a state
    (developer guide, as above), or the data that one Assign stores ("Passing data between states
    with variables"). The guide names no error for Assign, so this function uses the same error.
    """
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    if size <= STATE_DATA_BYTES.value:
        return None
    return DATA_LIMIT_EXCEEDED, (
        f"The state/task '{state}' returned a result with a size exceeding the maximum number of "
        f"bytes service limit: {size} bytes."
    )


def matches(error_equals: Sequence[str], error: str) -> bool:
    """Return whether the ErrorEquals of a Retry or Catch matches an error name."""
    if error in error_equals:
        return True
    if error in TERMINAL:
        return False
    if "States.ALL" in error_equals:
        return True
    return "States.TaskFailed" in error_equals and error != "States.Timeout"
