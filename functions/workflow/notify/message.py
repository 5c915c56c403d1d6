"""The content of a notification, before it is rendered as an email, an SMS or a chat message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from workflow.notify.plain_text import one_line

if TYPE_CHECKING:
    from datetime import datetime

    from model_packager.status import Status
    from workflow.contracts.batch_transform import BatchStatus
    from workflow.contracts.retire_model import RetirementStatus

UNKNOWN = "unknown"
"""The live version if SageMaker did not answer."""

UNPRINTABLE = "-"
"""Replaces a name without printable characters: SNS does not accept an empty attribute."""


class Severity(StrEnum):
    """How serious the result is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class LiveState:
    """The version that receives traffic.

    Attributes:
        version: None if there is none, UNKNOWN if SageMaker did not answer.
        since: when it went live; None if unknown.
        label: its short label, such as v3; None if unknown.
    """

    version: str | None = None
    since: datetime | None = None
    label: str | None = None


@dataclass(frozen=True)
class Message:
    """One notification. Its texts are raw: each renderer makes them safe for its medium.

    Attributes:
        model: the model's name, or the key of the dropped or deleted object.
        headline: a few words for a phone, such as "resnet is live".
        sentence: the whole result in one sentence.
        summary: what a short message adds to the headline: a number, or the cause.
        report: link to the report; None if there is none.
        evidence: the raw texts behind the cause; None without any.
        events: what happened, one sentence each.
        advice: what to do, or that no action is needed.
        commands: commands to paste, which are safe to run unchanged.
        endpoint_exists: whether the endpoint still exists.
        live: the live version; None if the message is not about it.
        error: the error's name; None after success.
        needs_action: whether someone has to act.
    """

    kind: Literal["deployment", "retirement", "batch"]
    status: Status | RetirementStatus | BatchStatus
    model: str
    headline: str
    sentence: str
    summary: str
    events: tuple[str, ...]
    advice: str
    commands: tuple[str, ...]
    execution_arn: str
    region: str
    endpoint: str | None
    endpoint_exists: bool
    version: str | None
    live: LiveState | None
    error: str | None
    severity: Severity
    needs_action: bool
    report: str | None = None
    evidence: str | None = None


def attributes(message: Message) -> dict[str, str]:
    """Return the message attributes for filter policies, by name; see docs/notifications.md."""
    values = {
        "kind": message.kind,
        "status": message.status.value,
        "model": message.model,
        "severity": message.severity.value,
        "needs_action": str(message.needs_action).lower(),
    }
    if message.error is not None:
        values["error"] = message.error
    return {name: one_line(value) or UNPRINTABLE for name, value in values.items()}
