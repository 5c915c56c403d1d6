"""Ages for people, and durations in options."""

from __future__ import annotations

import re
from datetime import timedelta

from model_packager.aws_limits import LOG_RETENTION_DAYS
from model_packager.duration import duration_text
from modeldrop.errors import UsageError

_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_LONGEST = timedelta(days=LOG_RETENTION_DAYS.value)


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
    if seconds > _LONGEST.total_seconds():
        raise UsageError(f'"{text}" is longer than ten years.', "Use a shorter duration.")
    return timedelta(seconds=seconds)
