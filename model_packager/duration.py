"""Durations as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def duration_text(duration: timedelta, units: int = 2) -> str:
    """Write a duration in its largest units: `2 d 3 h`, `12 min 30 s`, `5 min`, `0 s`."""
    left, parts = max(0, int(duration.total_seconds())), []
    for seconds, unit in _UNITS:
        count, left = divmod(left, seconds)
        parts.append((count, unit))
    first = next((i for i, (count, _) in enumerate(parts) if count), len(parts) - 1)
    largest = [f"{count} {unit}" for count, unit in parts[first : first + units] if count]
    return " ".join(largest) or "0 s"
