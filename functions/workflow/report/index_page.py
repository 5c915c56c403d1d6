"""The index: what is live, is it good, how fast, since when. Pure: standings in, HTML out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.report.rendering import milliseconds, render
from workflow.report.sparkline import sparkline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from markupsafe import Markup

    from workflow.report.model_summary import ModelStanding, StoredReport

SHOWN = 8
"""So many reports of a model are linked, newest first; the older ones stay in the bucket."""


@dataclass(frozen=True)
class Row:
    """A model, as the page shows it."""

    standing: ModelStanding
    last: StoredReport | None
    reports: Sequence[StoredReport]
    trend: Markup | None


def index_page(standings: Sequence[ModelStanding], written_at: datetime) -> str:
    """Write the page. It lies beside the folder of the reports, and links into it."""
    rows = [_row(each) for each in standings]
    return render(
        "index.html.j2",
        live=[row for row in rows if row.standing.live],
        not_live=[row for row in rows if not row.standing.live and row.last],
        written_at=written_at,
    )


def _row(standing: ModelStanding) -> Row:
    return Row(
        standing=standing,
        last=standing.reports[-1] if standing.reports else None,
        reports=standing.reports[::-1][:SHOWN],
        trend=_trend(standing.reports),
    )


def _trend(reports: Sequence[StoredReport]) -> Markup | None:
    passed = [each.summary for each in reports if each.summary.status == "SUCCEEDED"]
    values = [each.p50_ms for each in passed if each.p50_ms is not None]
    if len(values) < 2:
        return None
    told = ", ".join(milliseconds(value) for value in values)
    return sparkline(values, f"Median latency by version, oldest first: {told}")
