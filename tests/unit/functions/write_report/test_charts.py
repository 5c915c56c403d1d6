"""The charts show the measurements, and describe them in words."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from model_packager.latency_statistics import LatencyStatistics
from tests.report_samples import LATENCIES, SMOKE
from workflow.report.sparkline import HEIGHT, MARGIN, sparkline
from write_report.chart import BOTTOM, LEFT, RIGHT, TOP, nice_top
from write_report.dots import dots
from write_report.histogram import bins, histogram
from write_report.load_curve import levels_of, load_curve

if TYPE_CHECKING:
    from markupsafe import Markup


def elements(svg: Markup | None, name: str, kind: str = "") -> list[dict[str, str]]:
    assert svg is not None
    found = ET.fromstring(svg).iter(name)  # noqa: S314  # made here
    return [each.attrib for each in found if kind in each.attrib.get("class", "")]


def points(svg: Markup) -> list[tuple[float, float]]:
    (line,) = elements(svg, "polyline")
    return [(float(x), float(y)) for x, y in (p.split(",") for p in line["points"].split())]


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 1), (0.3, 0.3), (1, 1), (1.1, 1.2), (2.5, 3), (7.3, 8), (101, 120), (490, 500)],
)
def test_axes_end_in_round_numbers(value: float, top: float) -> None:
    assert nice_top(value) == pytest.approx(top)


def test_every_latency_is_in_a_bin() -> None:
    assert sum(bins(LATENCIES, 20)) == len(LATENCIES)
    assert bins([0.0, 9.9, 10.0], 10) == [1, 0, 0, 0, 0, 0, 0, 2]
    assert len(bins([1.0] * 1000, 10)) == 24


def test_histogram_marks_median_and_95th_percentile_on_its_axis() -> None:
    svg = histogram(LATENCIES, SMOKE.latency)
    markers = [float(each["x1"]) for each in elements(svg, "line", "marker")]
    top = nice_top(max(LATENCIES))
    assert markers == pytest.approx(
        [LEFT + value / top * (RIGHT - LEFT) for value in (SMOKE.p50_ms, SMOKE.p95_ms or 0)],
        abs=0.1,
    )
    highest = min(float(each["y"]) for each in elements(svg, "rect", "bin"))
    assert TOP <= highest < BOTTOM
    assert svg is not None
    assert f"Latencies of {len(LATENCIES)} requests: median 7.4 ms, 95th percentile 9.9 ms" in svg


def test_each_of_a_few_latencies_is_a_dot_on_the_axis() -> None:
    svg = dots((3.0, 1.0, 3.2), LatencyStatistics(3, 3.0, None, 3.2))
    xs = [float(each["cx"]) for each in elements(svg, "circle", "dot")]
    assert xs == pytest.approx(
        [LEFT + value / nice_top(3.2) * (RIGHT - LEFT) for value in (3.0, 1.0, 3.2)], abs=0.1
    )
    assert "Latency of each request; slowest of 3: 3.2 ms" in svg
    assert "p95" not in svg


def test_levels_leave_the_comparison_of_formats_out() -> None:
    assert [each.concurrency for each in levels_of(SMOKE.load)] == [1, 2, 4, 8]


def test_load_curve_rises_with_what_was_measured() -> None:
    svg = load_curve([1, 2, 4], [50, 100, 75], "Requests per second")
    xs, ys = zip(*points(svg), strict=True)
    assert list(xs) == sorted(xs)
    assert ys == pytest.approx((BOTTOM - (BOTTOM - TOP) / 2, TOP, BOTTOM - (BOTTOM - TOP) * 0.75))
    assert "Requests per second by concurrent clients: 50 with 1, 100 with 2, 75 with 4" in svg


def test_one_level_is_a_point() -> None:
    svg = load_curve([8], [50], "Requests per second")
    assert len(elements(svg, "circle")) == 1
    assert elements(svg, "polyline") == []


def test_sparkline_starts_at_zero() -> None:
    drawn = points(sparkline([10, 5, 20], "x"))
    assert [y for _x, y in drawn] == pytest.approx([14, 19, MARGIN])
    assert max(y for _x, y in points(sparkline([0, 0], "x"))) == HEIGHT - MARGIN


def test_sparkline_of_one_value_is_a_point_with_its_words() -> None:
    svg = sparkline([3], '"><script>')
    assert elements(svg, "polyline") == []
    assert len(elements(svg, "circle")) == 1
    assert "<script" not in svg
