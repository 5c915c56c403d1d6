from __future__ import annotations

from typing import Any

import pytest

from model_packager.latency_statistics import LatencyStatistics
from model_packager.spec.smoke_test_spec import SmokeTest
from smoke_test.latency import SAMPLE_SIZE, Latency, check_latency, latency_of, limits_of, sampled
from workflow.errors import SmokeTestFailed

MEASURED = Latency(51, 310, LatencyStatistics(50, 48.2, 75, 90), samples=())
REQUESTS = "sample/input.png, 602,286 bytes"


def test_first_request_is_a_warm_up() -> None:
    measured = latency_of([300.126, 2, 1.004, 3])
    assert measured == Latency(4, 300.13, LatencyStatistics(3, 2, None, 3), samples=(2, 1.0, 3))


def test_single_request_counts() -> None:
    assert latency_of([7]) == Latency(1, 7, LatencyStatistics(1, 7, None, 7), samples=(7,))


def test_slowest_two_of_fifty_are_not_the_p95() -> None:
    assert latency_of([9, *[1.0] * 48, 400, 500]).statistics.p95_ms == 1


def test_many_latencies_are_sampled() -> None:
    many = [float(number % 1000) for number in range(1, 5000)]
    values = sampled(many)
    assert len(values) == SAMPLE_SIZE
    assert (values[0], values[-1]) == (0.0, 999.0)
    assert abs(sorted(values)[SAMPLE_SIZE // 2] - 500) < 5
    assert sampled([3.0, 1.0]) == (3.0, 1.0)


@pytest.mark.parametrize(
    ("smoke_test", "limits"),
    [
        ({}, {}),
        ({"max_p50_ms": 20}, {"p50_ms": 20}),
        ({"max_p50_ms": 20, "max_p95_ms": 30}, {"p50_ms": 20, "p95_ms": 30}),
    ],
)
def test_limits_come_from_the_spec(smoke_test: Any, limits: dict[str, float]) -> None:
    assert limits_of(SmokeTest.model_validate(smoke_test)) == limits


def test_no_limit_means_no_check() -> None:
    assert check_latency(MEASURED, {}, REQUESTS) == []


def test_met_limits_are_listed() -> None:
    assert check_latency(MEASURED, {"p50_ms": 48.2, "p95_ms": 80}, REQUESTS) == [
        "the median latency is at most 48.2 ms",
        "the 95th percentile of the latency is at most 80 ms",
    ]


@pytest.mark.parametrize("which", ["p50_ms", "p95_ms"])
def test_one_exceeded_limit(which: str) -> None:
    limits = {"p50_ms": 100.0, "p95_ms": 100.0} | {which: 20.0}
    with pytest.raises(SmokeTestFailed, match=f"smoke_test.max_{which} is 20 ") as caught:
        check_latency(MEASURED, limits, REQUESTS)
    assert f"raise smoke_test.max_{which}." in caught.value.fix


def test_both_exceeded_limits_are_named() -> None:
    with pytest.raises(SmokeTestFailed) as caught:
        check_latency(MEASURED, {"p50_ms": 20, "p95_ms": 30}, REQUESTS)
    assert caught.value.cause == (
        "The endpoint is too slow: the median latency was 48.2 ms, but smoke_test.max_p50_ms is 20 "
        "and the 95th percentile of the latency was 75 ms, but smoke_test.max_p95_ms is 30 (50 "
        "sequential requests with sample/input.png, 602,286 bytes; the first one, 310 ms, does not "
        "count)."
    )
    assert "endpoint.instance_type" in caught.value.fix
