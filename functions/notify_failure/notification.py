"""The notification about an execution that ended without one. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from model_packager.error_message import message_of, split
from model_packager.names.drop import owning_model
from model_packager.status import Status
from model_packager.stored import Source
from workflow.contracts.base import Contract
from workflow.notify.message import UNKNOWN, LiveState, Message, Severity
from workflow.notify.shell_commands import modeldrop
from workflow.outcome import promises_retry

if TYPE_CHECKING:
    from notify_failure.execution_end import ExecutionEnd
    from workflow.contracts.retire_model import ExecutionStatusChange

_CAUSES = {
    "FAILED": "The execution failed before it could publish its result.",
    "TIMED_OUT": "Step Functions stopped the execution, because it ran for too long.",
    "ABORTED": "Someone stopped the execution (AWS CloudTrail: StopExecution).",
}
_FIX = (
    "Open the execution in Step Functions to see its last state. It may have left resources "
    "behind: check `modeldrop status` and `modeldrop orphans`, then {again}."
)
_WORDS = {"deployment": "deployment", "retirement": "retirement", "batch": "batch job"}


class FailureNotification(Contract):
    """The JSON of the message body. docs/notifications.md shows this list.

    Attributes:
        status: `FAILED`.
        model: the model's name, or the key of the dropped or deleted object.
        version: null: unknown.
        endpoint: null: unknown.
        region: the AWS Region.
        source: the dropped or deleted object; null if unknown.
        execution_arn: the Step Functions execution.
        execution_status: `FAILED`, `TIMED_OUT` or `ABORTED`.
        failed_state: null: unknown.
        error: the name of the execution's error; null if it has none.
        cause: why the execution ended.
        fix: what to do.
        live_version: `unknown`.
        recovered_errors: empty: unknown.
        remaining: empty: unknown.
        shortened: keys that were truncated or omitted, because SNS limits the size of a message.
    """

    status: Status
    model: str
    version: str | None
    endpoint: str | None
    region: str
    source: Source | None
    execution_arn: str
    execution_status: str
    failed_state: str | None
    error: str | None
    cause: str
    fix: str
    live_version: str
    recovered_errors: list[str]
    remaining: list[str]
    shortened: list[str]


def build_notification(
    change: ExecutionStatusChange, end: ExecutionEnd, region: str
) -> FailureNotification:
    """Combine the event with the end of the execution's history."""
    started_with, error = _json(change.input), end.error or change.error
    source = _source(started_with)
    cause, fix = split(message_of(end.cause or change.cause or ""))
    if not _applies(error or "", change.kind):
        fix = ""
    return FailureNotification(
        status=Status.FAILED,
        model=_model(started_with, source),
        version=None,
        endpoint=None,
        region=region,
        source=source,
        execution_arn=change.execution_arn,
        execution_status=change.status,
        failed_state=None,
        error=error or None,
        cause=" ".join(filter(None, (_CAUSES[change.status], cause))),
        fix=fix or _FIX.format(again=_again(change.kind, started_with)),
        live_version=UNKNOWN,
        recovered_errors=[],
        remaining=[],
        shortened=[],
    )


def render_message(notification: FailureNotification, change: ExecutionStatusChange) -> Message:
    """Render the notification's texts."""
    what = _WORDS[change.kind]
    arn = notification.execution_arn
    return Message(
        kind=change.kind,
        status=notification.status,
        model=notification.model,
        headline=f"the {what} of {notification.model} ended without a result",
        sentence=f"The {what} of {notification.model} ended without a result: {notification.cause}",
        summary=notification.cause,
        events=(),
        advice=notification.fix,
        commands=(modeldrop(arn, "status"), modeldrop(arn, "orphans")),
        execution_arn=arn,
        region=notification.region,
        endpoint=None,
        endpoint_exists=False,
        version=None,
        live=LiveState(UNKNOWN),
        error=notification.error,
        severity=Severity.ERROR,
        needs_action=True,
    )


def _applies(error: str, kind: str) -> bool:
    """Return whether the error's own fix is true after the end of such an execution."""
    return not promises_retry(error) and (kind == "deployment" or error != "AwsRefused")


def _again(kind: str, started_with: dict[str, Any]) -> str:
    """Return how to repeat what the execution was started for."""
    if kind == "batch":
        return "upload _READY again"
    if kind == "retirement":
        request = started_with.get("retire")
        sleeps = isinstance(request, dict) and request.get("keep_versions") is True
        return "put the model to sleep again" if sleeps else "retire the model again"
    if "wake" in started_with:
        return "wake the model again"
    return "roll back again" if "restore" in started_with else "upload the model again"


def _json(text: str | None) -> dict[str, Any]:
    """Parse the execution's input. EventBridge omits large inputs, and anyone may start one."""
    try:
        parsed = json.loads(text or "{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _source(started_with: dict[str, Any]) -> Source | None:
    try:
        detail = started_with["detail"]
        named = detail["object"]
        return Source(
            bucket=detail["bucket"]["name"],
            key=named["key"],
            etag=named.get("etag", ""),
            version_id=named.get("version-id"),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _model(started_with: dict[str, Any], source: Source | None) -> str:
    request = started_with.get("retire")
    if isinstance(request, dict) and isinstance(request.get("model"), str):
        return str(request["model"])
    return UNKNOWN if source is None else owning_model(source.key) or source.key
