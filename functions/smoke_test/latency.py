"""How long the endpoint takes to answer, and whether that is within the spec's limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_client.latency import percentile
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_packager.spec.smoke_test_spec import SmokeTest


KEPT = 200
"""How many single latencies go on to the report: enough for a histogram, 2 KB of the state."""


@dataclass(frozen=True)
class Latency:
    """Milliseconds there and back. The first request, a warm-up, counts only where it is alone.

    `single` are the ones that count, in order; of more than `KEPT`, some that are spread alike.
    """

    requests: int
    first: float
    p50: float
    p95: float
    single: tuple[float, ...]


def latency_of(milliseconds: Sequence[float]) -> Latency:
    """Sum up the times of one request or more, in the order in which they were sent."""
    counted = milliseconds[1:] or milliseconds
    return Latency(
        requests=len(counted),
        first=round(milliseconds[0], 2),
        p50=round(percentile(counted, 50), 2),
        p95=round(percentile(counted, 95), 2),
        single=thinned([round(each, 2) for each in counted]),
    )


def thinned(values: Sequence[float]) -> tuple[float, ...]:
    """Keep all of a few values; of many, those at even ranks, the least and the greatest included.

    A choice by rank keeps the shape of the distribution; one by time could miss its tail.
    """
    if len(values) <= KEPT:
        return tuple(values)
    ranked = sorted(values)
    return tuple(ranked[round(rank * (len(ranked) - 1) / (KEPT - 1))] for rank in range(KEPT))


def limits_of(smoke_test: SmokeTest) -> dict[str, float]:
    """Give the limits that are set, by what they limit."""
    limits = {"p50_ms": smoke_test.max_p50_ms, "p95_ms": smoke_test.max_p95_ms}
    return {name: limit for name, limit in limits.items() if limit is not None}


def check_latency(latency: Latency, limits: dict[str, float], asked: str) -> list[str]:
    """Hold the latency against its limits, and say in words what was checked.

    Args:
        latency: of requests that were all answered well.
        limits: the most that `p50_ms` and `p95_ms` may be.
        asked: what the requests held, in words.

    Raises:
        SmokeTestFailed: a limit is passed; says all that are.
    """
    measured = {"p50_ms": latency.p50, "p95_ms": latency.p95}
    too_slow = [name for name, limit in limits.items() if measured[name] > limit]
    if too_slow:
        told = " and ".join(
            f"{_WORDS[name]} was {measured[name]:g} ms, and smoke_test.max_{name} is "
            f"{limits[name]:g}"
            for name in too_slow
        )
        raise SmokeTestFailed(
            f"The endpoint is too slow: {told} (over {latency.requests} requests with {asked}, one "
            f"after the other; the first, with {latency.first:g} ms, does not count).",
            "Use a faster instance type (endpoint.instance_type in deploy.yaml), or raise "
            f"{' and '.join(f'smoke_test.max_{name}' for name in too_slow)}; the time includes the "
            "way from the smoke test to the endpoint and back.",
        )
    return [f"{_WORDS[name]} is at most {limit:g} ms" for name, limit in limits.items()]


_WORDS = {"p50_ms": "the median latency", "p95_ms": "the 95th percentile of the latency"}
