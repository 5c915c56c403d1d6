"""The notification of a retirement: its JSON keys. Pure."""

from pydantic import AwareDatetime

from model_packager.names.version import version_label
from model_packager.sagemaker.cloudwatch import log_group
from model_packager.stored import Source
from workflow.contracts.base import Contract
from workflow.contracts.retire_model import (
    PublishRetirementInput,
    RetirementDecision,
    RetirementReason,
    RetirementStatus,
)
from workflow.notify.message import LiveState
from workflow.outcome import cause_and_fix


class RetirementNotification(Contract):
    """The JSON of the message body. docs/notifications.md shows this list.

    Attributes:
        status: `RETIRED`; `ASLEEP`: the endpoint is deleted, and the versions stay; `NOTICE`: the
            model stays live, and the decision is yours; `FAILED`.
        model: the model's name.
        version: the version that was live; null if unknown.
        version_label: its label, such as `v3`; null if unknown.
        endpoint: the model's endpoint.
        target: the endpoint to delete: the model's own, or a staging endpoint.
        region: the AWS Region.
        source: the deleted object; null for other reasons.
        execution_arn: the Step Functions execution.
        reason: the trigger: `COMMAND`, `SCHEDULE`, `OBJECT_DELETED`, `TIME_TO_LIVE`, `IDLE` or
            `STUCK`.
        failed_state: the state that failed; null after success.
        error: the name of the error; null after success.
        cause: what happened.
        fix: what to do.
        keep_versions: true if the model was, or should have been, put to sleep.
        live_version: the version that is still live; null if there is none, `unknown` if
            SageMaker or S3 did not answer.
        live_version_label: its label, such as `v3`; null if unknown.
        live_since: when it went live; null if unknown.
        removed: the deleted resources.
        remaining: resources that could not be removed.
        shortened: keys that were truncated or omitted, because SNS limits the size of a message.
    """

    status: RetirementStatus
    model: str
    version: str | None
    version_label: str | None
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
    keep_versions: bool
    live_version: str | None
    live_version_label: str | None
    live_since: AwareDatetime | None
    removed: list[str]
    remaining: list[str]
    shortened: list[str]


def build_notification(
    event: PublishRetirementInput,
    *,
    live: LiveState,
    region: str,
) -> RetirementNotification:
    """Combine the execution's result with the live version."""
    retirement, failure = event.retirement, event.failure
    status = _status(event)
    reason_text = retirement.reason_text if retirement else ""
    return RetirementNotification(
        status=status,
        model=_name(event),
        version=retirement.version if retirement else None,
        version_label=version_label(retirement.number) if retirement else None,
        endpoint=retirement.endpoint if retirement else None,
        target=retirement.target if retirement else None,
        region=region,
        source=retirement.source if retirement else None,
        execution_arn=event.execution_arn,
        reason=event.request.reason,
        failed_state=failure.state if failure else None,
        error=failure.error if failure else None,
        cause=cause_and_fix(failure)[0] if failure else reason_text,
        fix=_fix(status, event),
        keep_versions=event.request.keep_versions,
        live_version=live.version,
        live_version_label=live.label,
        live_since=live.since,
        removed=event.removed,
        remaining=event.remaining,
        shortened=[],
    )


def _status(event: PublishRetirementInput) -> RetirementStatus:
    if event.failure is not None:
        return RetirementStatus.FAILED
    if event.decision is RetirementDecision.NOTICE:
        return RetirementStatus.NOTICE
    asleep = event.request.keep_versions
    return RetirementStatus.ASLEEP if asleep else RetirementStatus.RETIRED


def _name(event: PublishRetirementInput) -> str:
    """Return the model's name, or the key of the deleted object."""
    if event.retirement is not None:
        return event.retirement.model
    deleted = event.request.deleted
    return event.request.model or (deleted.key if deleted else "a model")


def _fix(status: RetirementStatus, event: PublishRetirementInput) -> str:
    """Return what to do. A model with a name also has commands, for the execution's stack."""
    if status is RetirementStatus.RETIRED:
        return "No action needed. To deploy the model again, upload it again."
    if status is RetirementStatus.ASLEEP:
        return "No action needed. Clients get errors until you wake the model."
    if status is RetirementStatus.FAILED and event.request.keep_versions:
        return "Correct the cause, then put the model to sleep again."
    if status is RetirementStatus.FAILED:
        has_name = event.retirement is not None or event.request.model is not None
        command = "" if has_name else ": modeldrop delete NAME"
        return f"Correct the cause, then retire the model again{command}."
    if event.retirement and event.request.reason is RetirementReason.STUCK:
        return (
            f"Check the container's log group, {log_group(event.retirement.target)}. "
            "Then upload the model again, or retire it."
        )
    return "The endpoint keeps running and is billed. If nobody needs the model, retire it."
