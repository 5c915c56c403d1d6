"""The findings of checks: ok, a warning or a failure, with the fix."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.aws_errors import is_denied, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


class Status(StrEnum):
    """The severity of a finding."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        check: the name of the check, such as "quota".
        text: the finding as a sentence.
        fix: the advice; empty if no action is needed.
    """

    check: str
    status: Status
    text: str
    fix: str = ""


def ok(check: str, text: str) -> Finding:
    """Build the finding of a check that passed."""
    return Finding(check, Status.OK, text)


def warning(check: str, text: str, fix: str) -> Finding:
    """Build a finding that does not prevent a drop."""
    return Finding(check, Status.WARNING, text, fix)


def failed(check: str, text: str, fix: str) -> Finding:
    """Build a finding that prevents a drop, or its notification."""
    return Finding(check, Status.FAILED, text, fix)


def worst(findings: Iterable[Finding]) -> Status:
    """Return the most serious status."""
    found = {each.status for each in findings}
    return next((each for each in (Status.FAILED, Status.WARNING) if each in found), Status.OK)


def attempt(check: str, needed: str, call: Callable[[], T]) -> T | Finding:
    """Return the result of a call, or a warning if AWS rejects a request.

    Args:
        check: the name of the check.
        needed: the actions that the caller needs for the call.
        call: sends requests to AWS.
    """
    try:
        return call()
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and is_denied(error):
            message = error.response["Error"].get("Message", "")
            return warning(
                check,
                f"This could not be checked: {message or 'access denied'}",
                f"Grant your role {needed}, or use another --profile.",
            )
        return warning(
            check, f"This could not be checked: {translate(error)}", "Repeat the command."
        )


def guarded(
    check: str, needed: str, examine: Callable[[], Iterable[Finding]]
) -> tuple[Finding, ...]:
    """Return the findings of a check, or a warning if AWS rejects a request.

    The arguments are the same as for `attempt`.
    """
    found = attempt(check, needed, lambda: tuple(examine()))
    return (found,) if isinstance(found, Finding) else found
