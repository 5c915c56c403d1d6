"""The schedule in deploy.yaml: when a model sleeps, and when it wakes.

Times are cron expressions of five fields, as in crontab(5). EventBridge Scheduler has six fields
and other weekdays, so `scheduler_expression` translates them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from model_packager.spec.base import SpecPart

_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
"""The weekdays by their number in crontab, where 0 and 7 are Sunday."""
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("day of the week", 0, 7, {name: number for number, name in enumerate(_WEEKDAYS[:7])}),
)
_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/([0-9]{1,2}))?")


def _cron(text: str) -> str:
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(
            f"should have five fields (minute, hour, day of the month, month, day of the week), "
            f"such as 0 19 * * mon-fri, not {len(fields)}"
        )
    for field, (name, low, high, names) in zip(fields, _FIELDS, strict=True):
        for part in field.split(","):
            _check(part, name, low, high, names)
    if fields[2] != "*" and fields[4] != "*":
        raise ValueError(
            "should restrict the day of the month or the day of the week, not both: EventBridge "
            "Scheduler takes one of them"
        )
    return " ".join(fields)


def _check(part: str, name: str, low: int, high: int, names: Mapping[str, int]) -> None:
    matched = _PART.fullmatch(part)
    if matched is None:
        raise ValueError(f"has no valid {name}: {part}")
    start, end, step = matched.groups()
    numbers = [_number(each, names) for each in (start, end) if each is not None]
    if any(each is None or not low <= each <= high for each in numbers):
        raise ValueError(f"has the {name} {part}, which should be {low} to {high}")
    if len(numbers) == 2 and numbers[0] > numbers[1]:  # type: ignore[operator]  # none is None
        raise ValueError(f"has the {name} {part}, whose start is after its end")
    if step is not None and (name == "day of the week" or not 1 <= int(step) <= high):
        raise ValueError(f"has the {name} {part}, whose step is not supported")


def _number(text: str, names: Mapping[str, int]) -> int | None:
    if text.upper() in names:
        return names[text.upper()]
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else None


def _timezone(name: str) -> str:
    known = available_timezones()  # empty if the system has no time zone data
    if known and name not in known:
        raise ValueError(f"should be a name of the IANA time zone database, not {name}")
    return name


Cron = Annotated[str, Field(max_length=100), AfterValidator(_cron)]


class Schedule(SpecPart):
    """When the model sleeps, and when it wakes."""

    sleep: Cron = Field(
        description="When the endpoint is deleted: minute, hour, day of the month, month and day "
        "of the week, such as `0 19 * * mon-fri`. All versions stay."
    )
    wake: Cron = Field(
        description="When the live version is deployed again, and tested, such as "
        "`0 7 * * mon-fri`. Clients get errors in between."
    )
    timezone: Annotated[str, Field(min_length=1, max_length=50), AfterValidator(_timezone)] = Field(
        "UTC", description="Time zone of both times, such as `Europe/Berlin`."
    )

    @model_validator(mode="after")
    def _times_differ(self) -> Self:
        if self.sleep == self.wake:
            raise ValueError("sleep and wake should differ")
        return self


def awake_share(schedule: Schedule) -> float:
    """Return the share of the time that a model is awake, from 0 to 1, over one year.

    Wall-clock times are enough, because the hours that daylight saving time removes and adds cancel
    out. Other years differ by less than half a percent.
    """
    sleep, wake = _Times.of(schedule.sleep), _Times.of(schedule.wake)
    day, awake, minutes, days = date(_YEAR - 1, 1, 1), True, 0, 0
    while day.year <= _YEAR:  # starts a year earlier, for the state at the start of the year
        of_the_day, awake = _day(sleep.minutes_on(day), wake.minutes_on(day), awake)
        if day.year == _YEAR:
            minutes, days = minutes + of_the_day, days + 1
        day += timedelta(days=1)
    return minutes / (days * _MINUTES_A_DAY)


_YEAR = 2026
_MINUTES_A_DAY = 24 * 60


@lru_cache(maxsize=8)  # most days are alike
def _day(sleep: tuple[int, ...], wake: tuple[int, ...], awake: bool) -> tuple[int, bool]:
    """Return how many minutes a model is awake on a day, and whether it is awake at the end."""
    due = sorted([*((time, False) for time in sleep), *((time, True) for time in wake)])
    minutes, since = 0, 0
    for time, wakes in [*due, (_MINUTES_A_DAY, awake)]:
        minutes += (time - since) * awake
        since, awake = time, wakes
    return minutes, (due[-1][1] if due else awake)


@dataclass(frozen=True)
class _Times:
    """The times at which a cron expression is due."""

    minutes: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @classmethod
    def of(cls, cron: str) -> Self:
        minute, hour, day, month, weekday = map(_numbers, cron.split(), _FIELDS)
        times = tuple(sorted(60 * each + other for each in hour for other in minute))
        return cls(times, day, month, frozenset(each % 7 for each in weekday))

    def minutes_on(self, day: date) -> tuple[int, ...]:
        """Return the minutes of a day on which it is due."""
        is_due = (
            day.day in self.days
            and day.month in self.months
            and day.isoweekday() % 7 in self.weekdays
        )
        return self.minutes if is_due else ()


def _numbers(field: str, description: tuple[str, int, int, Mapping[str, int]]) -> frozenset[int]:
    """Return the numbers that a valid field of a cron expression stands for."""
    _, low, high, names = description
    found: set[int] = set()
    for part in field.split(","):
        start, end, step = _PART.fullmatch(part).groups()  # type: ignore[union-attr]  # is valid
        first = low if start is None else _number(start, names) or 0
        last = (
            high if start is None or (end is None and step) else _number(end or start, names) or 0
        )
        found.update(range(first, last + 1, int(step or 1)))
    return frozenset(found)


def _up_to_sunday(matched: re.Match[str]) -> str:
    first = _number(matched[1], _FIELDS[-1][-1]) or 0
    return ",".join(_WEEKDAYS[max(first, 1) : 8])


def scheduler_expression(cron: str) -> str:
    """Translate a cron expression into one of EventBridge Scheduler.

    EventBridge Scheduler numbers weekdays from 1 for Sunday, so names replace numbers. One of the
    two day fields is `?` (EventBridge Scheduler user guide, "Schedule types"). A range that ends on
    Sunday becomes a list, because its end comes before its start there.
    """
    minute, hour, day, month, weekday = cron.split()
    if weekday == "*":
        weekday = "?"
    else:
        day = "?"
    listed = re.sub(r"\b(\w+)-0?7\b", _up_to_sunday, weekday)
    named = re.sub(r"[0-9]+", lambda found: _WEEKDAYS[int(found[0])], listed).upper()
    return f"cron({minute} {hour} {day} {month.upper()} {named} *)"
