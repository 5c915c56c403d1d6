"""The table of a shadow test: the live version and the new one, side by side. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.notify.shadow_text import latency_text

if TYPE_CHECKING:
    from model_packager.stored import ShadowComparison


@dataclass(frozen=True)
class ShadowRow:
    """One line of the table."""

    what: str
    live: str
    new: str


def shadow_rows(comparison: ShadowComparison | None) -> list[ShadowRow]:
    """Return the rows; none without a shadow test."""
    if comparison is None:
        return []
    live, new = comparison.live, comparison.shadow
    return [
        ShadowRow("Requests", f"{live.requests:,}", f"{new.requests:,} copies"),
        ShadowRow("Failed", f"{live.failed:,}", f"{new.failed:,}"),
        ShadowRow("Model latency", latency_text(live), latency_text(new)),
    ]
