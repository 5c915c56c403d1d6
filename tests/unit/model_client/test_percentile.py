from __future__ import annotations

import pytest

from model_client.latency import percentile, statistics_of
from model_packager.latency_statistics import LatencyStatistics


@pytest.mark.parametrize(
    ("values", "share", "wanted"),
    [
        ([7.0], 95, 7.0),
        ([1.0, 2.0, 3.0, 4.0, 100.0], 50, 3.0),
        ([1.0, 2.0, 3.0, 4.0, 100.0], 95, 100.0),
        ([4.0, 3.0, 2.0, 1.0], 50, 2.0),
        ([float(each) for each in range(1, 101)], 95, 95.0),
    ],
)
def test_percentile_is_a_value_that_was_measured(
    values: list[float], share: float, wanted: float
) -> None:
    assert percentile(values, share) == wanted


def test_statistics_of_a_few_have_no_percentile() -> None:
    assert statistics_of([3.0, 1.0, 2.004, 9.0]) == LatencyStatistics(4, 2.0, None, 9.0)


def test_statistics_of_fifty_have_one() -> None:
    assert statistics_of([*[1.0] * 48, 7.0, 9.0]) == LatencyStatistics(50, 1.0, 1.0, 9.0)
