"""CloudWatch metrics of a batch job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.aws.embedded_metric import Unit, metadata_of, put

if TYPE_CHECKING:
    from publish_batch.notification import BatchNotification


def record(notification: BatchNotification) -> None:
    """Record the job's status."""
    properties = {**metadata_of(notification, notification.model), "job": notification.job}
    put("BatchJobs", Unit.Count, 1, ("Status", notification.status.value), properties)
