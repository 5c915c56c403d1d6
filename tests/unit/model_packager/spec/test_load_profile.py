"""The best load level, and its description."""

from __future__ import annotations

import pytest

from model_packager.spec.load_profile import LoadPoint, best_point, load_summary


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


def test_summary_names_the_best_level() -> None:
    assert load_summary([ONE, TWO, EIGHT], 30) == (
        "Best load level: 2 concurrent clients, 90 items/s, p95 25 ms (limit: 30 ms)."
    )
    assert load_summary([ONE], None) == (
        "Best load level: 1 concurrent client, 50 items/s, p95 20 ms."
    )


def test_summary_without_a_level_within_the_limit() -> None:
    assert load_summary([TWO, ONE], 10) == (
        "No load level stays within the limit of 10 ms. The closest one: 1 concurrent client, "
        "50 items/s, p95 20 ms."
    )


def test_summary_ignores_the_other_request_format() -> None:
    points = [ONE, point(1, 500, 1, "json")]
    assert "1 concurrent client, 50 items/s" in load_summary(points, None)
