"""The rule for all pages and screens: percentiles of 50 or more requests, otherwise the slowest."""

from __future__ import annotations

import pytest

from model_packager.latency_statistics import LatencyStatistics, has_percentiles, milliseconds


def test_a_few_requests_have_no_percentiles() -> None:
    few = LatencyStatistics(requests=4, p50_ms=7.43, p95_ms=None, slowest_ms=23.6)

    assert few.brief == "slowest of 4: 23.6 ms"
    assert few.text == few.brief


def test_enough_requests_have_both() -> None:
    many = LatencyStatistics(requests=50, p50_ms=7.43, p95_ms=9.88, slowest_ms=23.6)

    assert many.brief == "median 7.4 ms"
    assert many.text == "median 7.4 ms, 95th percentile 9.9 ms"


def test_single_request_is_no_statistic() -> None:
    assert LatencyStatistics(1, 7.4, None, 7.4).text == "one request: 7.4 ms"


@pytest.mark.parametrize(("sent", "counted"), [(1, 1), (2, 1), (51, 50)])
def test_first_request_counts_only_alone(sent: int, counted: int) -> None:
    assert LatencyStatistics.after_warm_up(sent, 1, None, 1).requests == counted


@pytest.mark.parametrize(("requests", "enough"), [(4, False), (49, False), (50, True)])
def test_percentiles_need_fifty_requests(requests: int, *, enough: bool) -> None:
    assert has_percentiles(requests) is enough


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.4249, "0.42 ms"), (7.43, "7.4 ms"), (112.4, "112 ms"), (12_345.6, "12,346 ms")],
)
def test_latency_has_about_three_digits(value: float, text: str) -> None:
    assert milliseconds(value) == text
