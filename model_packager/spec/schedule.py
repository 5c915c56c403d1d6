"""The schedule in deploy.yaml: when a model sleeps, and when it wakes.

Times are cron expressions of five fields, as in crontab(5). EventBridge Scheduler has six fields
and other weekdays, so `scheduler_expression` translates them.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from model_packager.spec.base import SpecPart

_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
"""By crontab's number: 0 and 7 are Sunday."""
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
    known = available_timezones()  # empty where the system has no time zone data
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


def scheduler_expression(cron: str) -> str:
    """Translate a cron expression into one of EventBridge Scheduler.

    Its weekdays are 1 to 7 from Sunday, so names replace them, and one of the two days is `?`
    (EventBridge Scheduler user guide, "Schedule types").
    """
    minute, hour, day, month, weekday = cron.split()
    if weekday == "*":
        weekday = "?"
    else:
        day = "?"
    named = re.sub(r"[0-7]", lambda found: _WEEKDAYS[int(found[0])], weekday).upper()
    return f"cron({minute} {hour} {day} {month.upper()} {named} *)"
