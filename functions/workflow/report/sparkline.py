"""Draws a small line chart, about the size of a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from workflow.report.svg_line import svg_line

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT, MARGIN = 120, 28, 4

_SVG = Markup(
    '<svg class="sparkline" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
    "<title>{label}</title>{line}"
    '<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="3"/></svg>'
)


def sparkline(values: Sequence[float], label: str) -> Markup:
    """Draw one or more values from left to right. Only the whole chart has a label.

    The baseline is zero, so that changes are to scale.
    """
    top = max(values) or 1.0
    step = (WIDTH - 2 * MARGIN) / max(len(values) - 1, 1)
    points = [
        (MARGIN + number * step, HEIGHT - MARGIN - value / top * (HEIGHT - 2 * MARGIN))
        for number, value in enumerate(values)
    ]
    if len(points) == 1:
        points = [(WIDTH / 2, points[0][1])]
    x, y = points[-1]
    return _SVG.format(width=WIDTH, height=HEIGHT, label=label, line=svg_line(points), x=x, y=y)
