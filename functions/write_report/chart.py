"""The common parts of the charts: their size, their axes, and round numbers for the axes."""

from __future__ import annotations

import math

from markupsafe import Markup

WIDTH, HEIGHT = 360, 180
LEFT, RIGHT, TOP, BOTTOM = 40, 350, 16, 150
"""The positions of the axes; the labels are outside."""

SVG = Markup(
    '<svg class="chart" viewBox="0 0 360 180" role="img" aria-label="{label}">'
    "<title>{label}</title>{content}</svg>"
)
LINE = Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>')
TEXT = Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>')


_STEPS = (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)


def nice_top(value: float) -> float:
    """Round up to the next of 1, 1.2, 1.6, 2, …, whose halves are also round numbers."""
    if value <= 0:
        return 1.0
    scale = 10.0 ** math.floor(math.log10(value))
    return next(step * scale for step in _STEPS if step * scale >= value)


def height_of(value: float, top: float) -> float:
    """Return the y of a value on an axis from zero to the top."""
    return BOTTOM - value / top * (BOTTOM - TOP)


def grid(top: float) -> Markup:
    """Draw lines at zero, the middle and the top, with their numbers."""
    marks = (0.0, top / 2, top)
    return Markup().join(
        LINE.format("grid", LEFT, height_of(mark, top), RIGHT, height_of(mark, top))
        + TEXT.format("tick end", LEFT - 6, height_of(mark, top) + 4, f"{mark:g}")
        for mark in marks
    )
