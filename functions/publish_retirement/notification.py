"""The notification of a retirement: its keys. Pure."""

import shlex

from pydantic import AwareDatetime

from model_packager.stored import Source
from workflow.contracts.base import Contract
from workflow.contracts.retire_model import (
    PublishRetirementInput,
    RetirementDecision,
    RetirementReason,
    RetirementStatus,
)
from workflow.failure_text import cause_and_fix


class RetirementNotification(Contract):
    """The JSON of the message body. `version` served before; null is what is not known.

    `target` is the endpoint that goes: the model's own, or one that a version was tested on.
    `shortened` names the keys that were cut or left out, since SNS takes no larger messages.
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
    live_since: AwareDatetime | None
    removed: list[str]
    remaining: list[str]
    shortened: list[str]


def notification(
    given: PublishRetirementInput,
    *,
    live_version: str | None,
    live_since: AwareDatetime | None,
    region: str,
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
        fix=_fix(status, given, model),
        live_version=live_version,
        live_since=live_since,
        removed=given.removed,
        remaining=given.remaining,
        shortened=[],
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


def _fix(status: RetirementStatus, given: PublishRetirementInput, model: str) -> str:
    delete = f"modeldrop delete {shlex.quote(model)}"
    if status is RetirementStatus.RETIRED:
        return "Nothing to do. To have it back, drop it again."
    if status is RetirementStatus.FAILED:
        return f"Mend what the cause names, then retire it again: {delete}"
    if given.retirement and given.request.reason is RetirementReason.STUCK:
        return (
            "Look at the container's log group, /aws/sagemaker/Endpoints/"
            f"{given.retirement.target}. Then drop the model again, or take it off: {delete}"
        )
    return f"It stays, and is billed. To retire it: {delete}"
