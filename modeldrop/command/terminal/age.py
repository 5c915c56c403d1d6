"""Ages for people, and durations in options."""

from __future__ import annotations

import re
from datetime import timedelta

from model_packager.duration import duration_text
from modeldrop.errors import UsageError

_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_MAX_DAYS = 3653
"""Ten years, the longest retention period of a log group (PutRetentionPolicy API reference)."""


def age(since: timedelta) -> str:
    """Return the largest whole unit: `3 d`, `5 h`, `12 min`, `4 s`."""
    return duration_text(since, units=1)


def duration(text: str) -> timedelta:
    """Read `90s`, `15m`, `1h`, `2d`.

    Raises:
        UsageError: the text is not a duration, or the duration is longer than ten years.
    """
    match = re.fullmatch(r"(\d{1,12})\s*([smhd])", text.strip())
    if match is None:
        raise UsageError(f'Invalid duration "{text}".', "Use a form such as 90s, 15m, 1h or 2d.")
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > _MAX_DAYS * _UNITS["d"]:
        raise UsageError(f'"{text}" is longer than ten years.', "Use a shorter duration.")
    return timedelta(seconds=seconds)
