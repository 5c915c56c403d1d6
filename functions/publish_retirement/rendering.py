"""Renders a retirement's result for people. Pure."""

from model_packager.names.version import version_text
from publish_retirement.next_commands import next_commands
from publish_retirement.notification import RetirementNotification
from workflow.contracts.retire_model import RetirementReason, RetirementStatus
from workflow.notify.email import remaining_sentence
from workflow.notify.message import LiveState, Message, Severity

_NOTICES = {
    RetirementReason.COMMAND: "has a retirement request",
    RetirementReason.SCHEDULE: "has a schedule",
    RetirementReason.OBJECT_DELETED: "was deleted from the drop bucket",
    RetirementReason.TIME_TO_LIVE: "reached its time to live",
    RetirementReason.IDLE: "is idle",
    RetirementReason.STUCK: "is stuck",
}
_DELETED = (RetirementStatus.RETIRED, RetirementStatus.ASLEEP)
_SEVERITIES = {
    RetirementStatus.RETIRED: Severity.INFO,
    RetirementStatus.ASLEEP: Severity.INFO,
    RetirementStatus.NOTICE: Severity.WARNING,
    RetirementStatus.FAILED: Severity.ERROR,
}


def render_message(notification: RetirementNotification) -> Message:
    """Render the notification's texts."""
    severity = _SEVERITIES[notification.status]
    return Message(
        kind="retirement",
        status=notification.status,
        model=notification.model,
        headline=_headline(notification),
        sentence=_sentence(notification),
        summary=notification.cause,
        events=_events(notification),
        advice=notification.fix,
        commands=next_commands(notification),
        execution_arn=notification.execution_arn,
        region=notification.region,
        endpoint=notification.endpoint,
        endpoint_exists=notification.live_version is not None
        or notification.status not in _DELETED,
        version=notification.version,
        live=LiveState(
            notification.live_version, notification.live_since, notification.live_version_label
        ),
        error=notification.error,
        severity=severity,
        needs_action=severity is not Severity.INFO,
    )


def _was_live(notification: RetirementNotification) -> tuple[str, ...]:
    """Name the version whose endpoint was deleted."""
    version = notification.version
    if version is None or notification.status not in _DELETED or _is_staging(notification):
        return ()
    return (f"Version {version_text(version, notification.version_label)} was live until then.",)


def _headline(notification: RetirementNotification) -> str:
    model = notification.model
    retired = f"the staging endpoint of {model} was deleted"
    return {
        RetirementStatus.RETIRED: retired if _is_staging(notification) else f"{model} was retired",
        RetirementStatus.ASLEEP: f"{model} is asleep",
        RetirementStatus.NOTICE: f"{model} {_NOTICES[notification.reason]}",
        RetirementStatus.FAILED: f"{model} could not be {_requested(notification)}",
    }[notification.status]


def _sentence(notification: RetirementNotification) -> str:
    model, cause = notification.model, notification.cause
    kind = "staging endpoint" if _is_staging(notification) else "endpoint"
    endpoint = f"{kind} {notification.target}"
    if notification.status is RetirementStatus.FAILED:
        requested = _requested(notification)
        return f"{model} could not be {requested} ({notification.failed_state} failed): {cause}"
    if notification.status is RetirementStatus.RETIRED:
        if _is_staging(notification):
            return f"The {endpoint} of {model} was deleted: {cause}"
        return f"{model} was retired from the {endpoint}: {cause}"
    if notification.status is RetirementStatus.ASLEEP:
        return f"{model} is asleep, the {endpoint} is deleted, and all versions are kept: {cause}"
    return f"{model} needs attention ({endpoint}): {cause}"


def _requested(notification: RetirementNotification) -> str:
    return "put to sleep" if notification.keep_versions else "retired"


def _is_staging(notification: RetirementNotification) -> bool:
    return notification.target != notification.endpoint


def _events(notification: RetirementNotification) -> tuple[str, ...]:
    return (
        *_was_live(notification),
        *([f"Deleted: {', '.join(notification.removed)}."] if notification.removed else []),
        *([remaining_sentence(notification.remaining)] if notification.remaining else []),
    )
