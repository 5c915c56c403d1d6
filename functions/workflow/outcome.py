"""What the first error of an execution means: the status, the cause and the fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.contracts.deploy_model import Status
from workflow.failure_text import cause_and_fix

if TYPE_CHECKING:
    from model_packager.stored import CaughtError

_STATUS_OF_ERROR = {
    "DuplicateDrop": Status.DUPLICATE,
    "SupersededDrop": Status.SUPERSEDED,
    "EndpointRolledBack": Status.ROLLED_BACK,
}


@dataclass(frozen=True)
class Verdict:
    """All but the status are None after success."""

    status: Status
    failed_state: str | None = None
    error: str | None = None
    cause: str | None = None
    fix: str | None = None


def verdict(failure: CaughtError | None) -> Verdict:
    """Judge the first error as Step Functions caught it; None is success."""
    if failure is None:
        return Verdict(Status.SUCCEEDED)
    cause, fix = cause_and_fix(failure)
    return Verdict(
        status=_STATUS_OF_ERROR.get(failure.error, Status.FAILED),
        failed_state=failure.state,
        error=failure.error,
        cause=cause,
        fix=fix,
    )
