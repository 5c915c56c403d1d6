"""The requests, errors and queues of endpoints, from CloudWatch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from model_packager.aws_limits import METRIC_QUERIES
from model_packager.sagemaker.cloudwatch import NAMESPACE, invocation_dimensions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

_HOUR = timedelta(hours=1)
_QUEUE_AGE = timedelta(minutes=5)
"""The maximum age of a value, of which SageMaker sends one each minute."""


@dataclass(frozen=True)
class Traffic:
    """The requests of the last hour to an endpoint.

    Attributes:
        client_errors: the number of requests with a 4XX response.
        server_errors: the number of requests with a 5XX response.
        queued: the number of requests in the queue; 0 without a queue.
    """

    requests: int = 0
    client_errors: int = 0
    server_errors: int = 0
    queued: int = 0


@dataclass(frozen=True)
class _Metric:
    name: str
    statistic: str
    has_variant: bool = True


_REQUESTS = _Metric("ModelLatency", "SampleCount")
"""Has a sample for each request, as each error metric has a 1 for each error."""

_CLIENT_ERRORS = _Metric("Invocation4XXErrors", "Sum")
_SERVER_ERRORS = _Metric("Invocation5XXErrors", "Sum")
_QUEUED = _Metric("ApproximateBacklogSize", "Minimum", has_variant=False)
_METRICS = (_REQUESTS, _CLIENT_ERRORS, _SERVER_ERRORS, _QUEUED)


@dataclass
class _Points:
    times: list[datetime] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def total(self) -> int:
        return round(sum(self.values))

    def newest_after(self, time: datetime) -> int:
        """Return the newest value after a time; 0 if there is none."""
        newest, value = max(zip(self.times, self.values, strict=True), default=(time, 0.0))
        return round(value) if newest >= time else 0


def read_traffic(
    cloudwatch: CloudWatchClient, endpoints: Sequence[str], now: datetime
) -> dict[str, Traffic]:
    """Count requests and errors by endpoint, with one call per 125 endpoints.

    SageMaker sends the metrics with a delay of one or two minutes (developer guide, "Metrics for
    monitoring").
    """
    wanted = [(endpoint, metric) for endpoint in endpoints for metric in _METRICS]
    found = {each: _Points() for each in wanted}
    for first in range(0, len(wanted), METRIC_QUERIES.value):
        sent = wanted[first : first + METRIC_QUERIES.value]
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[_query(f"m{i}", *each) for i, each in enumerate(sent)],
            StartTime=now - _HOUR,
            EndTime=now,
        )
        for page in pages:
            for each in page["MetricDataResults"]:
                points = found[sent[int(each["Id"][1:])]]
                points.times.extend(each["Timestamps"])
                points.values.extend(each["Values"])
    return {
        each: Traffic(
            found[each, _REQUESTS].total(),
            found[each, _CLIENT_ERRORS].total(),
            found[each, _SERVER_ERRORS].total(),
            found[each, _QUEUED].newest_after(now - _QUEUE_AGE),
        )
        for each in endpoints
    }


def _query(identity: str, endpoint: str, metric: _Metric) -> MetricDataQueryTypeDef:
    return {
        "Id": identity,
        "MetricStat": {
            "Metric": {
                "Namespace": NAMESPACE,
                "MetricName": metric.name,
                "Dimensions": invocation_dimensions(endpoint)
                if metric.has_variant
                else [{"Name": "EndpointName", "Value": endpoint}],
            },
            "Period": 60,
            "Stat": metric.statistic,
        },
    }
