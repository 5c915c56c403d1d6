"""docs/glossary.md defines at most ten terms, one sentence each."""

import re

from tests.consistency.asl import ROOT

TERMS = re.findall(r"^\| ([a-z ]+) \| (.+) \|$", (ROOT / "docs" / "glossary.md").read_text(), re.M)


def test_at_most_ten_terms_have_one_sentence_each() -> None:
    assert 5 <= len(TERMS) <= 10
    for term, meaning in TERMS:
        assert re.fullmatch(r"[A-Z`][^.!?]*\.", re.sub(r"`[^`]+`", "", meaning)), term


def test_the_documentation_links_it() -> None:
    assert "](glossary.md)" in (ROOT / "docs" / "README.md").read_text()
