"""CloudWatch metrics of a retirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.aws.embedded_metric import Unit, metadata_of, put

if TYPE_CHECKING:
    from publish_retirement.notification import RetirementNotification


def record(notification: RetirementNotification) -> None:
    """Record the retirement's status."""
    properties = metadata_of(notification, notification.model)
    put("Retirements", Unit.Count, 1, ("Status", notification.status.value), properties)
