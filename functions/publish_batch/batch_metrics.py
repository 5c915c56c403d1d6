"""CloudWatch metrics of a batch job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.aws.embedded_metric import Unit, put

if TYPE_CHECKING:
    from publish_batch.notification import BatchNotification


def record(notification: BatchNotification) -> None:
    """Record the job's status."""
    properties = {
        "model": notification.model,
        "version": notification.version,
        "job": notification.job,
        "execution_arn": notification.execution_arn,
        "failed_state": notification.failed_state,
        "error": notification.error,
        "cause": notification.cause,
    }
    put("BatchJobs", Unit.Count, 1, ("Status", notification.status.value), properties)
