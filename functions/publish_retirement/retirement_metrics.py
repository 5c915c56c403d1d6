"""CloudWatch metrics of a retirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.aws.embedded_metric import Unit, put

if TYPE_CHECKING:
    from publish_retirement.notification import RetirementNotification


def record(notification: RetirementNotification) -> None:
    """Record the retirement's status."""
    properties = {
        "model": notification.model,
        "version": notification.version,
        "execution_arn": notification.execution_arn,
        "failed_state": notification.failed_state,
        "error": notification.error,
        "cause": notification.cause,
    }
    put("Retirements", Unit.Count, 1, ("Status", notification.status.value), properties)
