"""The results of the load profile by concurrent clients: requests per second or latency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from workflow.report.svg_line import svg_line
from write_report.chart import BOTTOM, LEFT, RIGHT, SVG, TEXT, grid, height_of, nice_top

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_packager.spec.load_profile import LoadPoint

_POINT = Markup('<circle class="mark" cx="{:.1f}" cy="{:.1f}" r="3.5"/>')


def levels_of(load: Sequence[LoadPoint]) -> list[LoadPoint]:
    """Return the points in the format of the first; the last point only compares formats."""
    return [each for each in load if each.request_format == load[0].request_format]


def load_curve(clients: Sequence[int], values: Sequence[float], what: str) -> Markup:
    """Draw the values over the concurrent clients, at equal distances.

    Args:
        clients: the number of clients at each level.
        values: the measured value at each level.
        what: the name of the values, such as "Requests per second".
    """
    top = nice_top(max(values))
    step = (RIGHT - LEFT - 40) / max(len(values) - 1, 1)
    points = [(LEFT + 20 + i * step, height_of(value, top)) for i, value in enumerate(values)]
    if len(points) == 1:
        points = [((LEFT + RIGHT) / 2, points[0][1])]
    marks = Markup().join(
        _POINT.format(x, y) + TEXT.format("tick middle", x, BOTTOM + 16, number)
        for (x, y), number in zip(points, clients, strict=True)
    )
    unit = TEXT.format("tick middle", (LEFT + RIGHT) / 2, BOTTOM + 29, "concurrent clients")
    points_text = ", ".join(
        f"{value:g} with {number}" for number, value in zip(clients, values, strict=True)
    )
    label = f"{what} by concurrent clients: {points_text}"
    return SVG.format(label=label, content=grid(top) + svg_line(points) + marks + unit)
