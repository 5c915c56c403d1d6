"""Computes the spread of several runs: median, minimum and maximum."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def spread(name: str, runs: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Return the median, minimum and maximum of the runs as columns of a row."""
    return {
        f"{name} median": round(statistics.median(runs), digits),
        f"{name} min": round(min(runs), digits),
        f"{name} max": round(max(runs), digits),
    }
