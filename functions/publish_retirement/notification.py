"""The notification of a retirement: its keys, and its text for people.

All of it is pure: data in, text out.
"""

from workflow.contracts import (
    Contract,
    PublishRetirementInput,
    RetirementDecision,
    RetirementReason,
    RetirementStatus,
    Source,
)
from workflow.failure_text import cause_and_fix
from workflow.notification_text import body, fix_line, remaining_line, serving_line, subject_line


class RetirementNotification(Contract):
    """The JSON of the message body. `version` served before; null is what is not known.

    `target` is the endpoint that goes: the model's own, or one that a version was tested on.
    """

    status: RetirementStatus
    model: str
    version: str | None
    endpoint: str | None
    target: str | None
    region: str
    source: Source | None
    execution_arn: str
    reason: RetirementReason
    failed_state: str | None
    error: str | None
    cause: str
    fix: str
    live_version: str | None
    removed: list[str]
    remaining: list[str]


def notification(
    given: PublishRetirementInput, *, live_version: str | None, region: str
) -> RetirementNotification:
    """Join what the execution came to know with what serves now."""
    retirement, failure = given.retirement, given.failure
    status, model = _status(given), _name(given)
    because = retirement.because if retirement else ""
    return RetirementNotification(
        status=status,
        model=model,
        version=retirement.version if retirement else None,
        endpoint=retirement.endpoint if retirement else None,
        target=retirement.target if retirement else None,
        region=region,
        source=retirement.source if retirement else None,
        execution_arn=given.execution_arn,
        reason=given.request.reason,
        failed_state=failure.state if failure else None,
        error=failure.error if failure else None,
        cause=cause_and_fix(failure)[0] if failure else because,
        fix=_fix(status, given.request.reason, model),
        live_version=live_version,
        removed=given.removed,
        remaining=given.remaining,
    )


def _status(given: PublishRetirementInput) -> RetirementStatus:
    if given.failure is not None:
        return RetirementStatus.FAILED
    if given.decision is RetirementDecision.NOTICE:
        return RetirementStatus.NOTICE
    return RetirementStatus.RETIRED


def _name(given: PublishRetirementInput) -> str:
    """Name the model; where none is known, what was deleted."""
    if given.retirement is not None:
        return given.retirement.model
    deleted = given.request.deleted
    return given.request.model or (deleted.key if deleted else "a model")


def _fix(status: RetirementStatus, reason: RetirementReason, model: str) -> str:
    if status is RetirementStatus.RETIRED:
        return "Nothing to do. To have it back, drop it again."
    if status is RetirementStatus.FAILED:
        return f"Mend what the cause names, then retire it again: modeldrop delete {model}"
    if reason is RetirementReason.STUCK:
        return (
            "Look at the container's log group, /aws/sagemaker/Endpoints/<endpoint>. Then drop the "
            f"model again, or take it off: modeldrop delete {model}"
        )
    return f"It stays, and is billed. To retire it: modeldrop delete {model}"


def subject(told: RetirementNotification) -> str:
    """Write one line that can be read on a phone."""
    line = {
        RetirementStatus.RETIRED: f"{told.model}{_which(told)} is retired",
        RetirementStatus.NOTICE: f"{told.model}: {_NOTICED[told.reason]}",
        RetirementStatus.FAILED: f"{told.model} could not be retired",
    }[told.status]
    return subject_line(told.status, line)


def _which(told: RetirementNotification) -> str:
    return "" if told.target == told.endpoint else " staging"


_NOTICED = {
    RetirementReason.COMMAND: "asked for",
    RetirementReason.OBJECT_DELETED: "its drop was deleted",
    RetirementReason.TIME_TO_LIVE: "its time to live is over",
    RetirementReason.IDLE: "nobody uses it",
    RetirementReason.STUCK: "stuck",
}


def message(told: RetirementNotification) -> str:
    """Write the body: the sentence first, then what to do, then the JSON after an empty line."""
    lines = [_sentence(told), fix_line(told.fix)]
    if told.remaining:
        lines.append(remaining_line(told.remaining))
    return body([*lines, serving_line(told.live_version, told.endpoint)], told)


def _sentence(told: RetirementNotification) -> str:
    on = f"the{_which(told)} endpoint {told.target}"
    if told.status is RetirementStatus.FAILED:
        return f"{told.model} could not be retired, at {told.failed_state}: {told.cause}"
    if told.status is RetirementStatus.RETIRED:
        return f"{told.model} was retired from {on}: {told.cause}"
    return f"{told.model}, on {on}: {told.cause}"
