"""The text form of an error with a cause and a fix, which passes through the state machine.

Lambda returns the text of an exception as `errorMessage` in JSON (Lambda developer guide, "Function
errors"), and Step Functions passes on that JSON as the cause.
"""

import json
from collections.abc import Iterable
from enum import StrEnum

_FIX = "\nFix: "
_EVIDENCE, _REMEDY = "\nEvidence: ", "\nRemedy: "
_PASSED, _FAILED = "\nPassed check: ", "\nFailed check: "


class Remedy(StrEnum):
    """What a person has to do about an error. Each remedy has its own commands."""

    CORRECT_SPEC = "correct deploy.yaml"
    CORRECT_SAMPLE = "correct the sample"
    CORRECT_MODEL = "correct the model"
    RUN_MODEL = "run the model"
    COMPARE_OUTPUTS = "compare the outputs"
    CHECK_ACCOUNT = "check the account"
    RETRY = "retry"


def joined(cause: str, fix: str, evidence: str = "", remedy: Remedy | None = None) -> str:
    """Join cause and fix into one text, with the raw texts behind them on one line."""
    text = f"{cause}{_FIX}{fix}"
    if evidence:
        text += _EVIDENCE + " ".join(evidence.split())
    return text if remedy is None else text + _REMEDY + remedy


def split(text: str) -> tuple[str, str]:
    """Read back cause and fix; the fix is empty if the text has none."""
    cause, _, fix = _parts(text)[0].partition(_FIX)
    return cause, fix


def evidence_of(text: str) -> str:
    """Read back the raw texts; empty if there are none."""
    return _parts(text)[1]


def remedy_of(text: str) -> Remedy | None:
    """Read back the remedy; None if the text has none."""
    return _parts(text)[2]


def _parts(text: str) -> tuple[str, str, Remedy | None]:
    """Split into cause with fix, the raw texts, and the remedy."""
    rest, remedy = _without_checks(text)[0], None
    before, _, last = rest.rpartition(_REMEDY)
    if before and last in set(Remedy):
        rest, remedy = before, Remedy(last)
    before, _, last = rest.rpartition(_EVIDENCE)
    return (before, last, remedy) if before and "\n" not in last else (rest, "", remedy)


def with_checks(text: str, passed: Iterable[str], failed: str) -> str:
    """Add the checks that passed, and the check that failed, to the text of an error."""
    return text + "".join(f"{_PASSED}{each}" for each in passed) + _FAILED + failed


def checks_of(text: str) -> tuple[tuple[str, ...], str | None]:
    """Read back the checks that passed, and the check that failed, if the text names it."""
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
