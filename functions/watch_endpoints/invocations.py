"""Counts the invocations of an endpoint."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from model_packager.sagemaker.cloudwatch import NAMESPACE, invocation_dimensions
from workflow.aws.clients import cloudwatch

if TYPE_CHECKING:
    from datetime import datetime

PERIOD_SECONDS = 3600
"""One response covers `aws_limits.DATAPOINTS` periods, which is 60 days."""


def invocations(endpoint: str, hours: int, now: datetime) -> float:
    """Return the number of invocations in the last hours, according to SageMaker's metric.

    Asynchronous endpoints have no metric Invocations. ModelLatency has one sample for each request
    in every hosting mode (SageMaker developer guide, "Alarms and logs for tracking metrics from
    asynchronous endpoints").
    """
    statistics = cloudwatch().get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName="ModelLatency",
        Dimensions=invocation_dimensions(endpoint),
        StartTime=now - timedelta(hours=hours),
        EndTime=now,
        Period=PERIOD_SECONDS,
        Statistics=["SampleCount"],
    )
    return sum(point["SampleCount"] for point in statistics["Datapoints"])
