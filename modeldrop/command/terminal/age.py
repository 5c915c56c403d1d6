"""Ages for people, and durations in options."""

from __future__ import annotations

import re
from datetime import timedelta

from model_packager.duration import duration_text
from modeldrop.errors import UsageError

_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}


def age(since: timedelta) -> str:
    """Return the largest whole unit: `3 d`, `5 h`, `12 min`, `4 s`."""
    return duration_text(since, units=1)


def duration(text: str) -> timedelta:
    """Read `90s`, `15m`, `1h`, `2d`.

    Raises:
        UsageError: the text is not a duration.
    """
    match = re.fullmatch(r"(\d+)\s*([smhd])", text.strip())
    if match is None:
        raise UsageError(f'Invalid duration "{text}".', "Use a form such as 90s, 15m, 1h or 2d.")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])
