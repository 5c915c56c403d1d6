"""Stores the metrics of invocations for alarms, and sends them to CloudWatch like SageMaker.

Names, units and values follow SageMaker's developer guide, "Amazon SageMaker AI metrics in Amazon
CloudWatch". The dimension EndpointConfigName, which distinguishes the fleets of a deployment, is
from its page "Auto-Rollback Configuration and Monitoring". One thread sends the metrics in batches.
If CloudWatch rejects metrics, they are dropped with a warning. The alarms do not depend on them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from model_packager.sagemaker.cloudwatch import NAMESPACE
from modeldrop.local.sagemaker.repetition import Repetition

_logger = logging.getLogger(__name__)

_FLUSH_SECONDS = 0.5
_KEPT = 50_000  # the maximum number of invocations stored for each endpoint
_MAX_VALUES = 150  # the maximum number of values per datum (PutMetricData)
_MAX_DATA = 500  # per call; PutMetricData accepts up to 1,000 data and 1 MB


@dataclass(frozen=True)
class Invocation:
    """One request that reached a container.

    Attributes:
        endpoint, variant, config: the names of what served the request.
        status: the container's HTTP status, or 0 without a response.
        model_seconds: the time that the container took.
        overhead_seconds: the remaining time until the response to the client.
        instances: the instance count of the variant.
        queued_seconds: the time in the queue of an asynchronous endpoint; None without a queue.
        loading_seconds: the time to load the model of a multi-model endpoint, 0 if it was loaded
            already; None for an endpoint with one model.
        at: the time of the response, in seconds since 1970.
    """

    endpoint: str
    variant: str
    config: str
    status: int
    model_seconds: float
    overhead_seconds: float
    instances: int = 1
    queued_seconds: float | None = None
    loading_seconds: float | None = None
    at: float = field(default_factory=time.time)

    def dimensions(self) -> Iterator[tuple[tuple[str, str], ...]]:
        """Yield the sets of dimensions that SageMaker records the invocation with."""
        names = (("EndpointName", self.endpoint), ("VariantName", self.variant))
        yield names
        yield (*names, ("EndpointConfigName", self.config))

    def metrics(self) -> Mapping[str, tuple[str, Callable[[Invocation], float]]]:
        """Return the metrics that SageMaker has for this kind of endpoint."""
        if self.queued_seconds is not None:
            return ASYNC_METRICS
        return METRICS if self.loading_seconds is None else MULTI_MODEL_METRICS


def _one_if(condition: bool) -> float:
    return 1.0 if condition else 0.0


METRICS: Mapping[str, tuple[str, Callable[[Invocation], float]]] = {
    "Invocations": ("None", lambda _: 1.0),
    "InvocationsPerInstance": ("None", lambda i: 1 / i.instances),
    "Invocation4XXErrors": ("None", lambda i: _one_if(400 <= i.status < 500)),
    "Invocation5XXErrors": ("None", lambda i: _one_if(i.status >= 500)),
    # "requests which did not result in 2XX", including low-level socket errors and timeouts
    "InvocationModelErrors": ("None", lambda i: _one_if(not 200 <= i.status < 300)),
    "ModelLatency": ("Microseconds", lambda i: round(i.model_seconds * 1e6)),
    "OverheadLatency": ("Microseconds", lambda i: round(i.overhead_seconds * 1e6)),
}
"""The unit of each metric, and its value for one invocation."""

# "Any metric not listed below is not published if the endpoint is enabled for asynchronous
# inference" (developer guide, "Alarms and logs for tracking metrics from asynchronous endpoints").
ASYNC_METRICS: Mapping[str, tuple[str, Callable[[Invocation], float]]] = {
    **{
        name: METRICS[name]
        for name in ("Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency")
    },
    "InvocationFailures": ("Count", lambda i: _one_if(not 200 <= i.status < 300)),
    "TimeInBacklog": ("Microseconds", lambda i: round((i.queued_seconds or 0.0) * 1e6)),
    "TotalProcessingTime": (
        "Milliseconds",
        lambda i: round(((i.queued_seconds or 0.0) + i.model_seconds) * 1e3),
    ),
}
"""The unit and value of each metric of an asynchronous endpoint."""

MULTI_MODEL_METRICS: Mapping[str, tuple[str, Callable[[Invocation], float]]] = {
    **METRICS,
    "ModelLoadingWaitTime": ("Microseconds", lambda i: round((i.loading_seconds or 0.0) * 1e6)),
    "ModelCacheHit": ("None", lambda i: _one_if(i.loading_seconds == 0)),
}
"""The unit and value of each metric of a multi-model endpoint."""

_UNITS = {
    name: unit
    for metrics in (METRICS, ASYNC_METRICS, MULTI_MODEL_METRICS)
    for name, (unit, _) in metrics.items()
}


class InvocationMetrics:
    """Collects the invocations of all endpoints."""

    def __init__(self, cloudwatch: Any) -> None:
        """Start the sending thread."""
        self._cloudwatch = cloudwatch
        self._lock = threading.Lock()
        self._recent: dict[str, deque[Invocation]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self._unsent: list[Invocation] = []
        self._repetition = Repetition("metrics", _FLUSH_SECONDS, self._send, once_more=True)

    def record(self, invocation: Invocation) -> None:
        """Record an invocation."""
        with self._lock:
            self._recent[invocation.endpoint].append(invocation)
            self._unsent.append(invocation)

    def since(self, endpoint: str, moment: float) -> list[Invocation]:
        """Return the invocations of an endpoint that ended after this time, newest first."""
        with self._lock:
            newest_first = reversed(self._recent.get(endpoint, deque()))
            return list(takewhile(lambda each: each.at > moment, newest_first))

    def close(self) -> None:
        """Send the remaining metrics within five seconds, and stop."""
        self._repetition.close(5)

    def _send(self) -> None:
        with self._lock:
            unsent, self._unsent = self._unsent, []
        data = list(metric_data(unsent))
        for start in range(0, len(data), _MAX_DATA):
            try:
                self._cloudwatch.put_metric_data(
                    Namespace=NAMESPACE, MetricData=data[start : start + _MAX_DATA]
                )
            except (BotoCoreError, ClientError) as error:
                _logger.warning("cannot send metrics of %d invocations: %s", len(unsent), error)


def metric_data(invocations: Sequence[Invocation]) -> Iterator[dict[str, Any]]:
    """Yield entries for PutMetricData. An entry combines equal values in the same minute."""
    counts: dict[tuple[int, str, tuple[tuple[str, str], ...]], Counter[float]]
    counts = defaultdict(Counter)
    for invocation in invocations:
        minute = int(invocation.at // 60) * 60
        for dimensions in invocation.dimensions():
            for metric, (_, value) in invocation.metrics().items():
                counts[minute, metric, dimensions][value(invocation)] += 1
    for (minute, metric, dimensions), counter in counts.items():
        values = list(counter.items())
        for start in range(0, len(values), _MAX_VALUES):
            some = values[start : start + _MAX_VALUES]
            yield {
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
                "Timestamp": datetime.fromtimestamp(minute, UTC),
                "Unit": _UNITS[metric],
                "Values": [value for value, _ in some],
                "Counts": [float(count) for _, count in some],
            }
