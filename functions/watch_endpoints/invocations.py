"""How many requests an endpoint has had."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from model_packager.sagemaker.requests import VARIANT
from workflow.aws.clients import cloudwatch

if TYPE_CHECKING:
    from datetime import datetime

PERIOD_SECONDS = 3600
"""An answer holds at most 1,440 periods, 60 days (GetMetricStatistics API reference)."""


def invocations(endpoint: str, hours: int, now: datetime) -> float:
    """Sum those of the last hours, as SageMaker counted them; 0 where it counted none.

    Invocations of a variant: SageMaker developer guide, "Monitor SageMaker with CloudWatch".
    """
    found = cloudwatch().get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": VARIANT},
        ],
        StartTime=now - timedelta(hours=hours),
        EndTime=now,
        Period=PERIOD_SECONDS,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])
