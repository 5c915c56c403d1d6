from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.functions.workflow.messages import HOSTILE, hostile
from workflow.notify.plain_text import bounded_line, one_line, truncate


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("as it is", "as it is"),
        (" two\r\n\n lines\t", "two lines"),
        ("\x00\x1b[31mred", "[31mred"),
        ("turned\u202earound\u2028here", "turned around here"),
        ("lone\ud800", "lone"),
        ("Käse \N{CAT}", "Käse \N{CAT}"),
    ],
)
def test_one_line_is_printable(text: str, seen: str) -> None:
    assert one_line(text) == seen


def test_truncation_between_and_inside_words() -> None:
    assert truncate("as it is", 8) == "as it is"
    assert truncate("a longer sentence than that", 20) == "a longer sentence..."
    assert truncate("x" * 30, 20) == "x" * 17 + "..."


@given(hostile, st.integers(min_value=20, max_value=500))
def test_any_text_becomes_a_bounded_line(text: str, limit: int) -> None:
    line = bounded_line(text, limit)
    assert len(line) <= limit
    assert line.isprintable()
    assert max(map(len, line.split()), default=0) <= 300


def test_overlong_word_is_truncated_and_the_rest_kept() -> None:
    assert bounded_line(f"a {'x' * 5000} b", 1000) == f"a {'x' * 297}... b"
    assert "endless" in bounded_line(HOSTILE, 1000)
