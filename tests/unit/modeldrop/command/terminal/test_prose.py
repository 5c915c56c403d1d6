"""Prose on a terminal wraps only between words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modeldrop.command.terminal.prose import aligned, wrapped

WORDS = st.lists(st.text("abc-/:'", min_size=1, max_size=30), max_size=20)
COMMAND = "modeldrop watch cat --stack vision --profile production"


@given(WORDS, st.integers(1, 60), st.integers(0, 20))
def test_words_stay_whole_and_lines_fit(words: list[str], width: int, indent: int) -> None:
    first, *others = wrapped(" ".join(words), width, indent).split("\n")
    assert " ".join([first, *others]).split() == words
    for line in (" " * indent + first, *others):
        assert len(line) <= width or len(line.split()) <= 1


def test_lines_and_their_indent_are_kept() -> None:
    assert wrapped("one two\n  three four\n\nfive", 9) == "one two\n  three\n  four\n\nfive"


def test_output_that_is_not_a_terminal_is_not_wrapped() -> None:
    assert wrapped("word " * 100, None) == "word " * 100


def test_command_stays_in_one_piece() -> None:
    text = f"The deployment is running. Follow it with: {COMMAND}"
    assert wrapped(text, 40) == f"The deployment is running. Follow it\nwith:\n{COMMAND}"
    assert wrapped(COMMAND, 20) == COMMAND


def test_rows_have_two_columns() -> None:
    rows = [("endpoint", "modeldrop-cat"), ("fix", "Export the model again.\nThen upload it.")]
    assert aligned(rows, 24) == (
        "endpoint  modeldrop-cat\n"
        "fix       Export the\n"
        "          model again.\n"
        "          Then upload\n"
        "          it."
    )
    assert aligned([], 80) == ""
