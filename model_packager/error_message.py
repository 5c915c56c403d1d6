"""The text form of an error with a cause and a fix, which crosses the state machine.

Lambda returns the text of an exception as `errorMessage` in JSON (Lambda developer guide, "Function
errors"), and Step Functions hands that JSON on as the cause.
"""

import json
from collections.abc import Iterable

_FIX = "\nFix: "
_PASSED, _FAILED = "\nPassed check: ", "\nFailed check: "


def joined(cause: str, fix: str) -> str:
    """Write cause and fix as one text."""
    return f"{cause}{_FIX}{fix}"


def split(text: str) -> tuple[str, str]:
    """Read cause and fix back; the fix is empty if the text has none."""
    cause, _, fix = _without_checks(text)[0].partition(_FIX)
    return cause, fix


def with_checks(text: str, passed: Iterable[str], failed: str) -> str:
    """Add the checks that passed before an error, and the one that failed, to its text."""
    return text + "".join(f"{_PASSED}{each}" for each in passed) + _FAILED + failed


def checks_of(text: str) -> tuple[tuple[str, ...], str | None]:
    """Read the checks back: those that passed, and the one that failed, if the text names it."""
    return _without_checks(text)[1:]


def _without_checks(text: str) -> tuple[str, tuple[str, ...], str | None]:
    rest, _, failed = text.rpartition(_FAILED)
    if not rest or "\n" in failed:
        return text, (), None
    passed: list[str] = []
    while (at := rest.rfind("\n")) >= 0 and rest.startswith(_PASSED, at):
        passed.insert(0, rest[at + len(_PASSED) :])
        rest = rest[:at]
    return rest, tuple(passed), failed


def message_of(cause: str) -> str:
    """Return the message in the JSON of a Lambda error; any other text is returned unchanged."""
    try:
        document = json.loads(cause)
    except json.JSONDecodeError:
        return cause
    return str(document.get("errorMessage", cause)) if isinstance(document, dict) else cause
