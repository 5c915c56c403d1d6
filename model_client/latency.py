"""Percentiles of latencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of the values that `share` percent of them do not exceed."""
    return float(np.percentile(values, share, method="inverted_cdf"))
