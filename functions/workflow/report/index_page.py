"""Renders the index: a table of all models, failing first. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.latency_statistics import milliseconds
from model_packager.names.report import UNNAMED
from model_packager.status import Status
from workflow.report.rendering import render
from workflow.report.sparkline import sparkline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from markupsafe import Markup

    from workflow.report.model_summary import ModelSummary, StoredReport
    from workflow.report.summary import ReportSummary

SHOWN = 8
"""The number of reports that are listed per model, newest first. Older ones stay in the bucket."""

_FAILURES = {Status.FAILED, Status.ROLLED_BACK}
_STATES = ("failing", "live", "asleep", "not-live")
_MODES = {"real_time": "real-time"}


@dataclass(frozen=True)
class IndexRow:
    """A model as the page shows it.

    Attributes:
        states: classes of the row, by which the page filters: failing, live, asleep, not-live.
        failed: how many of the newest reports are failures.
    """

    model: ModelSummary
    name: str
    states: tuple[str, ...]
    mode: str
    p50: str
    p95: str
    trend: Markup | None
    failed: str
    cost: str
    last: StoredReport | None
    reports: Sequence[StoredReport]


def index_page(model_summaries: Sequence[ModelSummary], written_at: datetime) -> str:
    """Render the page. It is next to the folder of the reports, and names pages in it."""
    rows = [_row(each) for each in model_summaries if each.live or each.reports]
    rows.sort(key=lambda row: _STATES.index(row.states[0]))
    return render(
        "index.html.j2",
        rows=rows,
        count={state: sum(state in row.states for row in rows) for state in _STATES},
        written_at=written_at,
    )


def _row(model: ModelSummary) -> IndexRow:
    summary, reports = model.live_summary, model.reports
    mode = next((each.mode for each in (summary, *_summaries(reports)) if each and each.mode), "-")
    p50, p95 = _latency(summary)
    failures = sum(each.summary.status in _FAILURES for each in reports)
    return IndexRow(
        model=model,
        name="Drops without a model name" if model.name == UNNAMED else model.name,
        states=_states(model),
        mode=_MODES.get(mode, mode),
        p50=p50,
        p95=p95,
        trend=_trend(reports),
        failed=f"{failures} of {len(reports)}" if reports else "-",
        cost=_cost(model, summary),
        last=reports[-1] if reports else None,
        reports=reports[::-1][:SHOWN],
    )


def _summaries(reports: Sequence[StoredReport]) -> list[ReportSummary]:
    return [each.summary for each in reversed(reports)]


def _states(model: ModelSummary) -> tuple[str, ...]:
    state = "not-live" if model.live is None else "asleep" if model.live.asleep_since else "live"
    failing = bool(model.reports) and model.reports[-1].summary.status in _FAILURES
    return ("failing", state) if failing else (state,)


def _latency(summary: ReportSummary | None) -> tuple[str, str]:
    """Return p50 and p95; of a few requests, only the slowest."""
    latency = summary.latency if summary else None
    if latency is None:
        return "-", "-"
    if latency.p95_ms is None:
        return "-", latency.brief
    return milliseconds(latency.p50_ms), milliseconds(latency.p95_ms)


def _cost(model: ModelSummary, summary: ReportSummary | None) -> str:
    if model.live is None or model.live.asleep_since is not None:
        return "nothing"
    if summary and summary.mode == "serverless":
        return "per request"
    price = (summary and summary.month_price) or "unknown"
    return f"{price} (pool)" if model.live.pool else price


def _trend(reports: Sequence[StoredReport]) -> Markup | None:
    """Draw the medians of the versions that passed, if they have enough requests."""
    passed = [each.summary for each in reports if each.summary.status is Status.SUCCEEDED]
    known = [each.latency for each in passed if each.latency and each.latency.p95_ms is not None]
    values = [each.p50_ms for each in known]
    if len(values) < 2:
        return None
    values_text = ", ".join(milliseconds(value) for value in values)
    return sparkline(values, f"Median latency by version, oldest first: {values_text}")
