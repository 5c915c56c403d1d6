from __future__ import annotations

from datetime import UTC, datetime

import pytest
from jinja2 import UndefinedError

from workflow.report.rendering import milliseconds, moment, render, seconds


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (48.2, "48 s"), (750, "12 min 30 s")]
)
def test_seconds(value: float, text: str) -> None:
    assert seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.417, "0.42 ms"), (7.31, "7.3 ms"), (112.4, "112 ms"), (12_345, "12,345 ms")],
)
def test_milliseconds(value: float, text: str) -> None:
    assert milliseconds(value) == text


def test_moment_is_for_people_and_programs() -> None:
    assert moment(datetime(2026, 8, 1, 15, 12, 24, tzinfo=UTC)) == (
        '<time datetime="2026-08-01T15:12:24+00:00">2026-08-01 15:12 UTC</time>'
    )


def test_what_a_template_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("index.html.j2", live=[], not_live=[])
