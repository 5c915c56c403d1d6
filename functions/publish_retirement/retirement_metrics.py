"""What CloudWatch counts of a retirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.aws.embedded_metric import Unit, put

if TYPE_CHECKING:
    from publish_retirement.notification import RetirementNotification


def record(told: RetirementNotification) -> None:
    """Count the retirement by its status."""
    said = {
        "model": told.model,
        "version": told.version,
        "execution_arn": told.execution_arn,
        "failed_state": told.failed_state,
        "error": told.error,
        "cause": told.cause,
    }
    about = {key: value for key, value in said.items() if value is not None}
    put("Retirements", Unit.Count, 1, ("Status", told.status.value), about)
