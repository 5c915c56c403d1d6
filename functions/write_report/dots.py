"""A few latencies as dots on one axis, without percentiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from write_report.chart import LEFT, LINE, RIGHT, TEXT, nice_top

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_packager.latency_statistics import LatencyStatistics

_AXIS, _HEIGHT = 26, 60
_SVG = Markup(
    '<svg class="chart" viewBox="0 0 360 {height}" role="img" aria-label="{label}">'
    "<title>{label}</title>{content}</svg>"
)
_DOT = Markup('<circle class="dot" cx="{:.1f}" cy="{}" r="5"/>')


def dots(latencies: Sequence[float], statistics: LatencyStatistics) -> Markup:
    """Draw each of one or more latencies, from zero to beyond the slowest one."""
    top = nice_top(max(latencies))

    def x(share: float) -> float:
        return LEFT + share * (RIGHT - LEFT)

    axis = LINE.format("grid", LEFT, _AXIS, RIGHT, _AXIS) + Markup().join(
        TEXT.format("tick middle", x(share), _AXIS + 18, f"{top * share:g}")
        for share in (0.0, 0.5, 1.0)
    )
    unit = TEXT.format("tick middle", x(0.5), _AXIS + 31, "milliseconds")
    marks = Markup().join(_DOT.format(x(each / top), _AXIS) for each in latencies)
    label = f"Latency of each request; {statistics.text}"
    return _SVG.format(height=_HEIGHT, label=label, content=axis + unit + marks)
