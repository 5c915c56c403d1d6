"""Which of several load levels is best, and how that is told."""

from __future__ import annotations

import pytest

from model_packager.spec.load_profile import LoadPoint, best_point, in_words


def point(concurrency: int, rate: float, p95: float, request_format: str = "binary") -> LoadPoint:
    return LoadPoint.model_validate(
        {
            "concurrency": concurrency,
            "request_format": request_format,
            "requests": 100,
            "requests_per_second": rate,
            "items_per_second": rate,
            "p50_ms": 1,
            "p90_ms": 1,
            "p95_ms": p95,
            "p99_ms": p95,
            "request_bytes": 1,
            "response_bytes": 1,
        }
    )


ONE, TWO, EIGHT = point(1, 50, 20), point(2, 90, 25), point(8, 200, 90)


@pytest.mark.parametrize(
    ("limit", "best"), [(None, EIGHT), (90, EIGHT), (89.9, TWO), (24, ONE), (19, None)]
)
def test_best_has_most_items_within_the_limit(limit: float | None, best: LoadPoint | None) -> None:
    assert best_point([ONE, TWO, EIGHT], limit) == best


def test_more_clients_for_the_same_throughput_are_no_better() -> None:
    queued = point(4, 92, 50)
    assert best_point([ONE, TWO, queued], None) == TWO
    assert best_point([ONE, TWO, point(4, 93, 50)], None) == point(4, 93, 50)


def test_best_is_told() -> None:
    assert in_words([ONE, TWO, EIGHT], 30) == (
        "Under load it does best with 2 clients at a time: 90 items/s, and a 95th percentile of "
        "25 ms, of the 30 ms that are allowed."
    )
    assert in_words([ONE], None) == (
        "Under load it does best with 1 client at a time: 50 items/s, and a 95th percentile of "
        "20 ms."
    )


def test_none_within_the_limit_is_told() -> None:
    assert in_words([TWO, ONE], 10) == (
        "Under load no level keeps to the 10 ms that are allowed; the nearest is 1 client at a "
        "time: 50 items/s, and a 95th percentile of 20 ms."
    )


def test_other_format_is_only_compared_with() -> None:
    assert "with 1 client at a time: 50 items/s" in in_words([ONE, point(1, 500, 1, "json")], None)
