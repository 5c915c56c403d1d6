"""Durations as text."""

from __future__ import annotations

from datetime import timedelta

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def duration_text(duration: timedelta) -> str:
    """A duration in its two largest units: `2 d 3 h`, `5 min`, `0 s`."""
    left, parts = max(0, int(duration.total_seconds())), []
    for seconds, unit in _UNITS:
        count, left = divmod(left, seconds)
        parts.append((count, unit))
    first = next((i for i, (count, _) in enumerate(parts) if count), len(parts) - 1)
    units = [f"{count} {unit}" for count, unit in parts[first : first + 2] if count]
    return " ".join(units) or "0 s"
