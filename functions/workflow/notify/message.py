"""What there is to tell, before it is written as an e-mail, an SMS or a chat message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from workflow.notify.plain_text import one_line

if TYPE_CHECKING:
    from datetime import datetime

    from workflow.contracts.deploy_model import Status
    from workflow.contracts.retire_model import RetirementStatus

UNPRINTABLE = "-"
"""Stands for a name in which nothing can be printed: SNS takes no empty attribute."""


class Severity(StrEnum):
    """How bad it is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Letter:
    """One notification in words. Its texts are as they came: whoever writes them makes them safe.

    Attributes:
        about: the model's name, else the key of what was dropped or deleted.
        headline: a few words for a phone, such as "resnet is live".
        sentence: all there is to know, in one sentence.
        brief: what a short message has room for beside the headline: a number, or the cause.
        report: link to the page about it; None where there is none.
        happened: what happened, a sentence each.
        advice: what to do, or that there is nothing to do.
        commands: to paste, safe to run as they stand.
        standing: the endpoint is there to be looked at.
        live_version: what serves now; None where nothing does.
        live_since: since when; None where that is not known.
        error: the name of the error that ended it; None after success.
        needs_action: somebody has to do something.
    """

    kind: Literal["deployment", "retirement"]
    status: Status | RetirementStatus
    about: str
    headline: str
    sentence: str
    brief: str
    happened: tuple[str, ...]
    advice: str
    commands: tuple[str, ...]
    execution_arn: str
    region: str
    endpoint: str | None
    standing: bool
    version: str | None
    live_version: str | None
    live_since: datetime | None
    error: str | None
    severity: Severity
    needs_action: bool
    report: str | None = None


def attributes(letter: Letter) -> dict[str, str]:
    """Give what subscribers filter by, by name; see docs/notifications.md."""
    known = {
        "kind": letter.kind,
        "status": letter.status.value,
        "model": letter.about,
        "severity": letter.severity.value,
        "needs_action": str(letter.needs_action).lower(),
    }
    if letter.error is not None:
        known["error"] = letter.error
    return {name: one_line(value) or UNPRINTABLE for name, value in known.items()}
