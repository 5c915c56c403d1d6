"""Reads the metrics of a variant during a shadow test.

The latencies come from CloudWatch, because captured records have times in whole seconds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from model_packager.latency_statistics import has_percentiles
from model_packager.sagemaker.cloudwatch import NAMESPACE
from model_packager.stored import VariantTraffic
from workflow.aws.clients import cloudwatch

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = 86_400
"""The period in seconds: a shadow test has one datapoint, or two around midnight (UTC)."""

Datapoint = dict[str, Any]


def traffic(endpoint: str, variant: str, since: datetime) -> VariantTraffic:
    """Return a variant's traffic since the start of the shadow test.

    Dimensions: SageMaker developer guide, "Amazon SageMaker AI metrics in Amazon CloudWatch".
    """
    dimensions = {"EndpointName": endpoint, "VariantName": variant}
    counted = {"Statistics": ["SampleCount", "Sum"]}
    latency = _read("ModelLatency", dimensions, since, counted)
    errors = _read("InvocationModelErrors", dimensions, since, counted)
    requests = round(sum(each["SampleCount"] for each in latency))
    mean = sum(each["Sum"] for each in latency) / requests if requests else None
    values: Mapping[str, float] = {}
    day = _day_with_most(latency)
    if day is not None:
        wanted = {"ExtendedStatistics": ["p50", "p95"]}
        days = _read("ModelLatency", dimensions, since, wanted)
        values = next((each["ExtendedStatistics"] for each in days if each["Timestamp"] == day), {})
    return VariantTraffic(
        requests=requests,
        failed=round(sum(each["Sum"] for each in errors)),
        mean_ms=_milliseconds(mean),
        p50_ms=_milliseconds(values.get("p50")),
        p95_ms=_milliseconds(values.get("p95")),
    )


def _read(
    metric: str, dimensions: Mapping[str, str], since: datetime, statistics: Mapping[str, Any]
) -> list[Datapoint]:
    found: Any = cloudwatch().get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=since.replace(second=0, microsecond=0),  # as CloudWatch rounds it
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=_DAY,
        **statistics,
    )
    datapoints: list[Datapoint] = found["Datapoints"]
    return datapoints


def _day_with_most(datapoints: list[Datapoint]) -> datetime | None:
    """Return the day with the most requests, if they are enough for percentiles."""
    enough = [each for each in datapoints if has_percentiles(round(each["SampleCount"]))]
    most = max(enough, key=lambda each: each["SampleCount"], default=None)
    return most["Timestamp"] if most else None


def _milliseconds(microseconds: float | None) -> float | None:
    return None if microseconds is None else round(microseconds / 1000, 2)
