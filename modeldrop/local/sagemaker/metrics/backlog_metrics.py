"""Stores the metrics of asynchronous endpoints' queues for scaling, and sends them to CloudWatch.

Names and units follow SageMaker's developer guide, "Alarms and logs for tracking metrics from
asynchronous endpoints" and "Autoscale an asynchronous endpoint" (HasBacklogWithoutCapacity).
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from model_packager.sagemaker.cloudwatch import NAMESPACE
from modeldrop.local.sagemaker.async_queue import Backlog

_logger = logging.getLogger(__name__)

_KEPT = 20_000  # samples of one endpoint: 16 minutes at the shortest interval of a test

UNITS: Mapping[str, str] = {
    "ApproximateBacklogSize": "Count",
    "ApproximateBacklogSizePerInstance": "Count",
    "ApproximateAgeOfOldestRequest": "Seconds",
    "HasBacklogWithoutCapacity": "Count",
}


def values_of(backlog: Backlog, instances: int) -> dict[str, float]:
    """Return the metrics of a queue by name.

    Args:
        backlog: the size of the queue.
        instances: the number of running instances. With 0, ApproximateBacklogSizePerInstance is the
            whole backlog.
    """
    return {
        "ApproximateBacklogSize": backlog.size,
        "ApproximateBacklogSizePerInstance": backlog.size / max(instances, 1),
        "ApproximateAgeOfOldestRequest": backlog.oldest_seconds,
        "HasBacklogWithoutCapacity": 1.0 if backlog.size and not instances else 0.0,
    }


class BacklogMetrics:
    """The samples of all asynchronous endpoints. Thread-safe."""

    def __init__(self, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch
        self._lock = threading.Lock()
        self._samples: dict[str, deque[tuple[float, dict[str, float]]]] = defaultdict(
            lambda: deque(maxlen=_KEPT)
        )

    def sample(self, endpoint: str, values: dict[str, float], now: float) -> None:
        """Store a sample."""
        with self._lock:
            self._samples[endpoint].append((now, values))

    def forget_others(self, endpoints: Sequence[str]) -> None:
        """Remove the samples of all endpoints except these."""
        with self._lock:
            for name in [each for each in self._samples if each not in endpoints]:
                del self._samples[name]

    def minutes(
        self, endpoint: str, metric: str, count: int, minute: float, now: float
    ) -> list[float | None]:
        """Return the averages of the last minutes, newest first; None for a minute without samples.

        Args:
            endpoint: the name of the endpoint.
            metric: a key of UNITS.
            count: the number of minutes.
            minute: the length of a minute in seconds.
            now: the end of the newest minute, on the same clock as for `sample`.
        """
        periods: list[list[float]] = [[] for _ in range(count)]
        with self._lock:
            for at, values in reversed(self._samples.get(endpoint, ())):
                number = int((now - at) // minute)
                if number >= count:
                    break
                if number >= 0:
                    periods[number].append(values[metric])
        return [sum(each) / len(each) if each else None for each in periods]

    def send(self, endpoint: str) -> None:
        """Send the newest sample to CloudWatch. Errors are only logged."""
        with self._lock:
            samples = self._samples.get(endpoint)
            values = dict(samples[-1][1]) if samples else {}
        data = [
            {
                "MetricName": name,
                "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
                "Unit": UNITS[name],
                "Value": value,
                "Timestamp": time.time(),
            }
            for name, value in values.items()
        ]
        if not data:
            return
        try:
            self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
        except (BotoCoreError, ClientError) as error:
            _logger.warning("%s: cannot send metrics of its queue: %s", endpoint, error)
