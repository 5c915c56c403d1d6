"""How long ago, as people say it; and the same read back from an option."""

from __future__ import annotations

import re
from datetime import timedelta

from modeldrop.errors import UsageError

_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}


def age(since: timedelta) -> str:
    """Give the largest whole unit: `3 d`, `5 h`, `12 m`, `4 s`."""
    seconds = max(0, int(since.total_seconds()))
    unit = next((name for name, length in _UNITS.items() if seconds >= length), "s")
    return f"{seconds // _UNITS[unit]} {unit}"


def duration(text: str) -> timedelta:
    """Read `90s`, `15m`, `1h`, `2d`.

    Raises:
        UsageError: it is none of these.
    """
    found = re.fullmatch(r"(\d+)\s*([smhd])", text.strip())
    if found is None:
        raise UsageError(f"{text} is no time; write it as 90s, 15m, 1h or 2d.")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
