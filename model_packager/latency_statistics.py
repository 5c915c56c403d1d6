"""Statistics of latencies, and their text for pages, messages and screens."""

from dataclasses import dataclass
from typing import Self

REQUESTS_FOR_PERCENTILES = 50
"""The minimum: among fewer latencies, the 95th percentile is one of the two slowest, by chance."""


@dataclass(frozen=True)
class LatencyStatistics:
    """Latencies in milliseconds, of requests that were sent one after another.

    Attributes:
        requests: the number of latencies; the first request, a warm-up, counts only if it is alone.
        p50_ms: the median.
        p95_ms: the 95th percentile; None for too few requests.
        slowest_ms: the longest latency.
    """

    requests: int
    p50_ms: float
    p95_ms: float | None
    slowest_ms: float

    @classmethod
    def after_warm_up(
        cls, sent: int, p50_ms: float, p95_ms: float | None, slowest_ms: float
    ) -> Self:
        """Return the statistics of a test that sent this many requests, with the first one."""
        return cls(max(sent - 1, 1), p50_ms, p95_ms, slowest_ms)

    @property
    def brief(self) -> str:
        """The most important value: the median, or the slowest of a few."""
        if self.p95_ms is not None:
            return f"median {milliseconds(self.p50_ms)}"
        if self.requests == 1:
            return f"one request: {milliseconds(self.slowest_ms)}"
        return f"slowest of {self.requests}: {milliseconds(self.slowest_ms)}"

    @property
    def text(self) -> str:
        """The median and the 95th percentile, or the slowest of a few."""
        if self.p95_ms is None:
            return self.brief
        return f"{self.brief}, 95th percentile {milliseconds(self.p95_ms)}"


def has_percentiles(requests: int) -> bool:
    """Return whether the latencies of this many requests have percentiles worth showing."""
    return requests >= REQUESTS_FOR_PERCENTILES


def milliseconds(value: float) -> str:
    """Format a latency with about three digits: 0.42 ms, 7.3 ms, 112 ms."""
    digits = 2 if value < 1 else 1 if value < 100 else 0
    return f"{value:,.{digits}f} ms"
