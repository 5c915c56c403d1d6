"""Measures the endpoint's latency, and checks it against the limits of the spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_client.latency import statistics_of
from model_packager.error_message import Remedy
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_packager.latency_statistics import LatencyStatistics
    from model_packager.spec.smoke_test_spec import SmokeTest


SAMPLE_SIZE = 200
"""The number of latencies in the report: enough for a histogram, and 2 KB of the state's data."""


@dataclass(frozen=True)
class Latency:
    """Round-trip times in milliseconds. The first request is a warm-up, and counts only if alone.

    `samples` has the counted times in order, or `SAMPLE_SIZE` of them with the same distribution.
    """

    requests_sent: int
    first: float
    statistics: LatencyStatistics
    samples: tuple[float, ...]


def latency_of(milliseconds: Sequence[float]) -> Latency:
    """Summarize the times of one or more requests, in the order in which they were sent."""
    counted = milliseconds[1:] or milliseconds
    return Latency(
        requests_sent=len(milliseconds),
        first=round(milliseconds[0], 2),
        statistics=statistics_of(counted),
        samples=sampled([round(each, 2) for each in counted]),
    )


def sampled(values: Sequence[float]) -> tuple[float, ...]:
    """Return at most `SAMPLE_SIZE` of the values, at even ranks, with the minimum and maximum.

    Sampling by rank keeps the shape of the distribution; sampling by time could miss its tail.
    """
    if len(values) <= SAMPLE_SIZE:
        return tuple(values)
    ranked = sorted(values)
    return tuple(
        ranked[round(rank * (len(ranked) - 1) / (SAMPLE_SIZE - 1))] for rank in range(SAMPLE_SIZE)
    )


def limits_of(smoke_test: SmokeTest) -> dict[str, float]:
    """Return the limits that the spec sets, by the latency that they limit."""
    limits = {"p50_ms": smoke_test.max_p50_ms, "p95_ms": smoke_test.max_p95_ms}
    return {name: limit for name, limit in limits.items() if limit is not None}


def check_latency(latency: Latency, limits: dict[str, float], requests: str) -> list[str]:
    """Check the latency against its limits, and describe what was checked.

    Args:
        latency: the latency of requests that all succeeded.
        limits: the maxima of `p50_ms` and `p95_ms`.
        requests: describes the requests' content.

    Raises:
        SmokeTestFailed: the latency exceeds a limit. The error names all exceeded limits.
    """
    found = latency.statistics
    p95 = found.slowest_ms if found.p95_ms is None else found.p95_ms
    measured = {"p50_ms": found.p50_ms, "p95_ms": p95}
    too_slow = [name for name, limit in limits.items() if measured[name] > limit]
    if too_slow:
        excess = " and ".join(
            f"{_LABELS[name]} was {measured[name]:g} ms, but smoke_test.max_{name} is "
            f"{limits[name]:g}"
            for name in too_slow
        )
        raise SmokeTestFailed(
            f"The endpoint is too slow: {excess} ({found.requests} sequential requests with "
            f"{requests}; the first one, {latency.first:g} ms, does not count).",
            "Set a faster endpoint.instance_type in deploy.yaml, or raise "
            f"{' and '.join(f'smoke_test.max_{name}' for name in too_slow)}. The latency includes "
            "the network between the smoke test and the endpoint.",
            remedy=Remedy.CORRECT_SPEC,
        )
    return [f"{_LABELS[name]} is at most {limit:g} ms" for name, limit in limits.items()]


_LABELS = {"p50_ms": "the median latency", "p95_ms": "the 95th percentile of the latency"}
