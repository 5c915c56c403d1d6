"""The outcome of an execution: its status, and the cause and fix of the error that ended it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.error_message import (
    Remedy,
    checks_of,
    evidence_of,
    message_of,
    remedy_of,
    split,
)
from model_packager.status import Status, status_of

if TYPE_CHECKING:
    from model_packager.stored import CaughtError

_FIX_OF_ERROR = {
    "States.Timeout": "{Again}. If it times out again, check the function's log.",
}
_DEFAULT_FIX = (
    "This is an error of the pipeline, not of the model. Check the execution's log, then {again}."
)
_FIX_AFTER_RETRIES = {
    "Throttled": "The step was retried, but the error persisted. See AWS Health, then {again}.",
    "EndpointBusy": "The step was retried, but the cause remained. When it is gone, {again}.",
}
"""The fixes of errors that say that the step is retried. Step Functions catches such an error only
after its last attempt."""

_REMEDY_OF_ERROR = {
    "ModelRejected": Remedy.CORRECT_MODEL,
    "SpecRejected": Remedy.CORRECT_SPEC,
    "SmokeTestFailed": Remedy.CORRECT_MODEL,
    "AwsRefused": Remedy.CHECK_ACCOUNT,
}
"""The remedies of errors whose text names none. For all other errors, it is another upload."""


@dataclass(frozen=True)
class DeploymentOutcome:
    """Status and error of a deployment. After success, everything but the status is None or empty.

    Attributes:
        evidence: the raw texts of SageMaker, Triton and the container's log.
        remedy: the kind of the fix; None after success, and if no action is needed.
        passed: the checks of the smoke test before the one that failed.
        failed_check: the check that failed; None if another state failed.
    """

    status: Status
    failed_state: str | None = None
    error: str | None = None
    cause: str | None = None
    fix: str | None = None
    evidence: str | None = None
    remedy: Remedy | None = None
    passed: tuple[str, ...] = ()
    failed_check: str | None = None


def outcome_of(failure: CaughtError | None) -> DeploymentOutcome:
    """Return the outcome that an error leads to; None is success."""
    if failure is None:
        return DeploymentOutcome(Status.SUCCEEDED)
    cause, fix = cause_and_fix(failure)
    message = message_of(failure.cause)
    passed, failed_check = checks_of(message)
    status = status_of(failure.error)
    return DeploymentOutcome(
        status=status,
        failed_state=failure.state,
        error=failure.error,
        cause=cause,
        fix=fix,
        evidence=evidence_of(message) or None,
        remedy=_remedy(failure.error, message)
        if status in (Status.FAILED, Status.ROLLED_BACK)
        else None,
        passed=passed,
        failed_check=failed_check,
    )


def cause_and_fix(
    failure: CaughtError, *, again: str = "upload the model again"
) -> tuple[str, str]:
    """Return the cause and the fix of an error that Step Functions caught.

    Args:
        failure: the error.
        again: what starts another execution, for errors whose text does not say it.
    """
    cause, fix = split(message_of(failure.cause))
    cause = cause or f"{failure.state} failed with {failure.error}, without a message."
    if fix and not promises_retry(failure.error):
        return cause, fix
    template = (_FIX_AFTER_RETRIES | _FIX_OF_ERROR).get(failure.error, _DEFAULT_FIX)
    return cause, template.format(again=again, Again=again[0].upper() + again[1:])


def promises_retry(error: str) -> bool:
    """Return whether an error's own fix says that the step is retried.

    It is untrue once the error has ended a step.
    """
    return error in _FIX_AFTER_RETRIES


def _remedy(error: str, message: str) -> Remedy:
    return remedy_of(message) or _REMEDY_OF_ERROR.get(error, Remedy.RETRY)
