"""The text of an error passes the state machine with cause, fix and the checks of a smoke test."""

from __future__ import annotations

import pytest

from model_packager.error_message import (
    Remedy,
    checks_of,
    evidence_of,
    joined,
    remedy_of,
    split,
    with_checks,
)

TEXT = joined("It differs.\nAt [0].", "Export it again:\na: 1")


def test_cause_and_fix_are_read_back() -> None:
    assert split(TEXT) == ("It differs.\nAt [0].", "Export it again:\na: 1")
    assert split("no fix") == ("no fix", "")


@pytest.mark.parametrize("evidence", ["", "Signal (11)"])
@pytest.mark.parametrize("remedy", [None, *Remedy])
def test_evidence_and_remedy_are_read_back(evidence: str, remedy: Remedy | None) -> None:
    text = joined("It differs.", "Export it again:\na: 1", evidence, remedy)
    for each in (text, with_checks(text, ["one"], "two")):
        assert split(each) == ("It differs.", "Export it again:\na: 1")
        assert (evidence_of(each), remedy_of(each)) == (evidence, remedy)


def test_evidence_is_one_line() -> None:
    text = joined("It differs.", "Run it.", "first\nRemedy: retry\n", Remedy.RUN_MODEL)
    assert (evidence_of(text), remedy_of(text)) == ("first Remedy: retry", Remedy.RUN_MODEL)


@pytest.mark.parametrize("passed", [(), ("one",), ("one", "two")])
def test_checks_are_read_back_and_are_no_part_of_the_fix(passed: tuple[str, ...]) -> None:
    text = with_checks(TEXT, passed, "the third")

    assert checks_of(text) == (passed, "the third")
    assert split(text) == split(TEXT)


@pytest.mark.parametrize(
    "text", [TEXT, "", "Failed check: x", "a\nFailed check: b\nc", "a\nPassed check: b"]
)
def test_other_text_names_no_check(text: str) -> None:
    assert checks_of(text) == ((), None)
    assert split(text)[0] + split(text)[1] in text.replace("\nFix: ", "")
