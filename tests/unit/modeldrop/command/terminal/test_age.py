from __future__ import annotations

from datetime import timedelta

import pytest

from modeldrop.command.terminal.age import age, duration
from modeldrop.errors import UsageError


@pytest.mark.parametrize(
    ("since", "shown"),
    [
        (timedelta(days=3, hours=23), "3 d"),
        (timedelta(hours=5, minutes=59), "5 h"),
        (timedelta(hours=1), "1 h"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(seconds=4.9), "4 s"),
        (timedelta(), "0 s"),
        (timedelta(seconds=-3), "0 s"),  # the clocks of two computers differ
    ],
)
def test_age(since: timedelta, shown: str) -> None:
    assert age(since) == shown


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1h", 3600), (" 2 d ", 172_800)]
)
def test_duration(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "1", "h", "-1h", "1.5h", "1h30m", "1w"])
def test_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match="Invalid duration"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("3654d", '"3654d" is longer than ten years'),
        ("9999999d", "longer than ten years"),
        (f"{'9' * 5000}d", "Invalid duration"),
    ],
)
def test_duration_before_the_first_log_line(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        duration(text)
    assert duration("3653d") == timedelta(days=3653)
