"""A histogram of the latencies, with their median and 95th percentile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from markupsafe import Markup

from model_packager.latency_statistics import milliseconds
from write_report.chart import BOTTOM, LEFT, LINE, RIGHT, SVG, TEXT, TOP, grid, height_of, nice_top

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_packager.latency_statistics import LatencyStatistics

MAX_BINS = 24
_BIN = Markup('<rect class="bin" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')


def histogram(latencies: Sequence[float], statistics: LatencyStatistics) -> Markup:
    """Draw the histogram of 50 latencies or more, from zero to beyond the slowest one."""
    top = nice_top(max(latencies))
    counts = bins(latencies, top)
    most = 2 * math.ceil(nice_top(max(counts)) / 2)  # even, for a whole middle
    width = (RIGHT - LEFT) / len(counts)
    bars = Markup().join(
        _BIN.format(LEFT + i * width, height_of(n, most), width - 1, BOTTOM - height_of(n, most))
        for i, n in enumerate(counts)
        if n
    )
    axis = Markup().join(
        TEXT.format("tick middle", LEFT + share * (RIGHT - LEFT), BOTTOM + 16, f"{top * share:g}")
        for share in (0.0, 0.5, 1.0)
    )
    unit = TEXT.format("tick middle", (LEFT + RIGHT) / 2, BOTTOM + 29, "milliseconds")
    percentiles = (("p50", statistics.p50_ms), ("p95", statistics.p95_ms))
    markers = Markup().join(
        _marker(name, value, top) for name, value in percentiles if value is not None
    )
    label = (
        f"Latencies of {len(latencies)} requests: {statistics.text}, "
        f"slowest {milliseconds(max(latencies))}"
    )
    return SVG.format(label=label, content=grid(most) + bars + axis + unit + markers)


def bins(latencies: Sequence[float], top: float) -> list[int]:
    """Count the latencies in bins of equal width from zero to the top."""
    number = min(MAX_BINS, max(8, 2 * math.ceil(math.sqrt(len(latencies)))))
    counts = [0] * number
    for each in latencies:
        counts[min(int(each / top * number), number - 1)] += 1
    return counts


def _marker(name: str, value: float, top: float) -> Markup:
    """Draw a line with its name above, the median's to the left and the other's to the right."""
    x = LEFT + value / top * (RIGHT - LEFT)
    side = "end" if name == "p50" else "start"
    return LINE.format("marker", x, TOP - 4, x, BOTTOM) + TEXT.format(
        f"mark-name {side}", x + (-4 if side == "end" else 4), TOP - 5, name
    )
