from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.functions.workflow.letters import HOSTILE, hostile
from workflow.notify.plain_text import cut, one_line, sentence_of


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
def test_one_line_holds_what_can_be_printed(text: str, seen: str) -> None:
    assert one_line(text) == seen


def test_cut_between_words_and_inside_an_endless_one() -> None:
    assert cut("as it is", 8) == "as it is"
    assert cut("a longer sentence than that", 20) == "a longer sentence..."
    assert cut("x" * 30, 20) == "x" * 17 + "..."


@given(hostile, st.integers(min_value=20, max_value=500))
def test_any_text_becomes_a_line_of_bounded_length(text: str, limit: int) -> None:
    line = sentence_of(text, limit)
    assert len(line) <= limit
    assert line.isprintable()
    assert max(map(len, line.split()), default=0) <= 300


def test_endless_word_is_cut_and_what_follows_is_told() -> None:
    assert sentence_of(f"a {'x' * 5000} b", 1000) == f"a {'x' * 297}... b"
    assert "endless" in sentence_of(HOSTILE, 1000)
