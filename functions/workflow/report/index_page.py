"""Renders the index: the live version, result, latency and date of every model. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.report.rendering import milliseconds, render
from workflow.report.sparkline import sparkline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from markupsafe import Markup

    from workflow.report.model_summary import ModelSummary, StoredReport

SHOWN = 8
"""The number of reports that are linked per model, newest first. Older ones stay in the bucket."""


@dataclass(frozen=True)
class IndexRow:
    """A model as the page shows it."""

    model: ModelSummary
    last: StoredReport | None
    reports: Sequence[StoredReport]
    trend: Markup | None


def index_page(model_summaries: Sequence[ModelSummary], written_at: datetime) -> str:
    """Render the page. It is next to the folder of the reports, and links into it."""
    rows = [_row(each) for each in model_summaries]
    return render(
        "index.html.j2",
        live=[row for row in rows if row.model.live and not row.model.live.asleep_since],
        asleep=[row for row in rows if row.model.live and row.model.live.asleep_since],
        not_live=[row for row in rows if not row.model.live and row.last],
        written_at=written_at,
    )


def _row(model: ModelSummary) -> IndexRow:
    return IndexRow(
        model=model,
        last=model.reports[-1] if model.reports else None,
        reports=model.reports[::-1][:SHOWN],
        trend=_trend(model.reports),
    )


def _trend(reports: Sequence[StoredReport]) -> Markup | None:
    passed = [each.summary for each in reports if each.summary.status == "SUCCEEDED"]
    values = [each.p50_ms for each in passed if each.p50_ms is not None]
    if len(values) < 2:
        return None
    values_text = ", ".join(milliseconds(value) for value in values)
    return sparkline(values, f"Median latency by version, oldest first: {values_text}")
