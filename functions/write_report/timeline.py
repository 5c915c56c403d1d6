"""The pipeline as a timeline: a row for each state, and a bar for each visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from workflow.report.rendering import seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from model_packager.executions.history import StateVisit

WIDTH, HEIGHT = 1000, 10
FINEST = WIDTH / 200
"""The minimum width of gaps and bars: hundreds of polling visits become one bar."""

_SVG = Markup(
    '<svg class="bars {tone}" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" '
    'aria-label="{label}"><title>{label}</title>{bars}</svg>'
)
_BAR = Markup('<rect x="{:.1f}" y="0" width="{:.1f}" height="{}" rx="2"/>')


@dataclass(frozen=True)
class TimelineRow:
    """A state, with its total seconds and its visits; `tone` is good, note or bad."""

    state: str
    seconds: float
    visits: int
    tone: str
    bars: Markup


def timeline(
    visits: Sequence[StateVisit], failed: str | None, recovered_errors: Collection[str]
) -> list[TimelineRow]:
    """Draw the states in the order of their first visit.

    Args:
        visits: in order.
        failed: the state where the deployment failed.
        recovered_errors: the states with errors that did not end the deployment.
    """
    if not visits:
        return []
    start = visits[0].entered
    whole = total_seconds(visits) or 1.0
    by_state: dict[str, list[tuple[float, float]]] = {}
    for each in visits:
        begin = (each.entered - start).total_seconds()
        by_state.setdefault(each.name, []).append((begin, begin + each.seconds))
    return [
        _row(state, spans, whole, _tone(state, failed, recovered_errors))
        for state, spans in by_state.items()
    ]


def total_seconds(visits: Sequence[StateVisit]) -> float:
    """Return the seconds from the first state to the end of the last."""
    if not visits:
        return 0.0
    return (visits[-1].entered - visits[0].entered).total_seconds() + visits[-1].seconds


def _row(state: str, spans: Sequence[tuple[float, float]], whole: float, tone: str) -> TimelineRow:
    took = sum(end - begin for begin, end in spans)
    label = f"{state}: from {seconds(spans[0][0])} to {seconds(spans[-1][1])}"
    bars = Markup().join(
        _BAR.format(x, width, HEIGHT)
        for x, width in _joined([(begin / whole, end / whole) for begin, end in spans])
    )
    svg = _SVG.format(tone=tone, width=WIDTH, height=HEIGHT, label=label, bars=bars)
    return TimelineRow(state, took, len(spans), tone, svg)


def _joined(shares: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return x and width of the bars; spans with a narrow gap are merged."""
    bars: list[tuple[float, float]] = []
    for begin, end in shares:
        x = min(begin * WIDTH, WIDTH - FINEST)
        width = max((end - begin) * WIDTH, FINEST)
        if bars and x - sum(bars[-1]) < FINEST:
            x, width = bars[-1][0], max(sum(bars[-1]), x + width) - bars[-1][0]
            bars.pop()
        bars.append((x, min(width, WIDTH - x)))
    return bars


def _tone(state: str, failed: str | None, recovered_errors: Collection[str]) -> str:
    return "bad" if state == failed else "note" if state in recovered_errors else "good"
