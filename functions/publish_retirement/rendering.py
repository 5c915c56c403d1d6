"""What was retired, or might be, in words for people. Pure."""

from publish_retirement.next_commands import next_commands
from publish_retirement.notification import RetirementNotification
from workflow.contracts.retire_model import RetirementReason, RetirementStatus
from workflow.notify.email import remaining_line
from workflow.notify.message import Letter, Severity

_NOTICED = {
    RetirementReason.COMMAND: "asked for",
    RetirementReason.OBJECT_DELETED: "its drop was deleted",
    RetirementReason.TIME_TO_LIVE: "its time to live is over",
    RetirementReason.IDLE: "nobody uses it",
    RetirementReason.STUCK: "stuck",
}
_SEVERITIES = {
    RetirementStatus.RETIRED: Severity.INFO,
    RetirementStatus.NOTICE: Severity.WARNING,
    RetirementStatus.FAILED: Severity.ERROR,
}


def letter(told: RetirementNotification) -> Letter:
    """Put the notification into words."""
    severity = _SEVERITIES[told.status]
    if told.remaining and severity is Severity.INFO:
        severity = Severity.WARNING
    return Letter(
        kind="retirement",
        status=told.status,
        about=told.model,
        headline=_headline(told),
        sentence=_sentence(told),
        brief=told.cause,
        happened=_happened(told),
        advice=told.fix,
        commands=next_commands(told),
        execution_arn=told.execution_arn,
        region=told.region,
        endpoint=told.endpoint,
        standing=_is_standing(told),
        version=told.version,
        live_version=told.live_version,
        live_since=told.live_since,
        error=told.error,
        severity=severity,
        needs_action=severity is not Severity.INFO,
    )


def _is_standing(told: RetirementNotification) -> bool:
    gone = told.status is RetirementStatus.RETIRED and not told.remaining
    return told.live_version is not None or not gone


def _headline(told: RetirementNotification) -> str:
    return {
        RetirementStatus.RETIRED: f"{told.model}{_which(told)} is retired",
        RetirementStatus.NOTICE: f"{told.model}: {_NOTICED[told.reason]}",
        RetirementStatus.FAILED: f"{told.model} could not be retired",
    }[told.status]


def _which(told: RetirementNotification) -> str:
    return "" if told.target == told.endpoint else " staging"


def _sentence(told: RetirementNotification) -> str:
    on = f"the{_which(told)} endpoint {told.target}"
    if told.status is RetirementStatus.FAILED:
        return f"{told.model} could not be retired, at {told.failed_state}: {told.cause}"
    if told.status is RetirementStatus.RETIRED:
        return f"{told.model} was retired from {on}: {told.cause}"
    return f"{told.model}, on {on}: {told.cause}"


def _happened(told: RetirementNotification) -> tuple[str, ...]:
    return (
        *([f"Removed: {', '.join(told.removed)}."] if told.removed else []),
        *([remaining_line(told.remaining)] if told.remaining else []),
    )
