"""Computes statistics of latencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model_packager.latency_statistics import LatencyStatistics, has_percentiles

if TYPE_CHECKING:
    from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` percent of the values do not exceed."""
    return float(np.percentile(values, share, method="inverted_cdf"))


def statistics_of(milliseconds: Sequence[float]) -> LatencyStatistics:
    """Summarize one or more latencies, rounded to a hundredth of a millisecond."""
    enough = has_percentiles(len(milliseconds))
    return LatencyStatistics(
        requests=len(milliseconds),
        p50_ms=round(percentile(milliseconds, 50), 2),
        p95_ms=round(percentile(milliseconds, 95), 2) if enough else None,
        slowest_ms=round(max(milliseconds), 2),
    )
