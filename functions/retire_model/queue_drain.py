"""Lets an asynchronous endpoint answer its queued requests before it is deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from model_packager.sagemaker.cloudwatch import NAMESPACE
from workflow.aws.clients import cloudwatch

DRAIN_SECONDS = 900
"""The maximum wait for the queue: clients that keep sending do not block a retirement."""

_PERIOD_SECONDS = 60
_METRIC_DELAY = timedelta(minutes=5)


def queued_requests(endpoint: str, waited_seconds: int) -> int:
    """Return the number of requests to wait for; 0 after DRAIN_SECONDS, and without a queue.

    Only asynchronous endpoints have the metric that counts them (SageMaker developer guide, "Alarms
    and logs for tracking metrics from asynchronous endpoints").

    Args:
        endpoint: the name of the endpoint.
        waited_seconds: how long the retirement has waited.
    """
    if waited_seconds >= DRAIN_SECONDS:
        return 0
    now = datetime.now(UTC)
    statistics = cloudwatch().get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName="ApproximateBacklogSize",
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}],
        StartTime=now - _METRIC_DELAY,
        EndTime=now + timedelta(seconds=_PERIOD_SECONDS),
        Period=_PERIOD_SECONDS,
        Statistics=["Minimum"],
    )
    points = sorted(statistics["Datapoints"], key=lambda point: point["Timestamp"])
    return round(points[-1]["Minimum"]) if points else 0
