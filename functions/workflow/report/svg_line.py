"""Draws the line of a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE = Markup('<polyline class="line" points="{}"/>')


def svg_line(points: Sequence[tuple[float, float]]) -> Markup:
    """Draw a line through two or more points; draw nothing for a single one."""
    if len(points) < 2:
        return Markup()
    return _LINE.format(" ".join(f"{x:.1f},{y:.1f}" for x, y in points))
