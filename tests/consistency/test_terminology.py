"""Words that must not come back: each pattern has a standard term that replaces it.

The test reads code (identifiers, strings, comments), pages, templates, state machines and golden
files. A pattern of WORDS ignores case, and `_` counts as a space.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.consistency.asl import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# pattern: what to write instead
WORDS = {
    r"setbacks?": "recovered error",
    r"complaints?": "error line",
    r"machine rooms?": "emulated AWS",
    r"sameness": "unchanged",
    r"workbench": "snapshot",
    r"unannounced": "no-duplicates",
    r"stor(y|ies)": "history",
    r"surveys?": "inventory, scan",
    r"standing": "inventory, summary",
    r"on order": "fault injection",
    r"patience seconds": "timeout_seconds",
    r"inp": "request, event, or the noun itself",
    r"telephones?": "SMS subscribers",
    r"verdicts?": "outcome, health check, offline inspection",
    r"letters? (is|are|to|of a (drop|deployment))": "message",
    r"wish(es|ed)?": "requested",
    r"asked": "requested, sent",
    r"told": "notified, or the noun",
    r"anew": "again",
    r"mend(s|ed|ing)?": "fix",
    r"rungs?": "fallback instance type",
    r"ladder(s|ed)?": "fallback instance types",
    r"provenances?": "value origins, config tags",
    r"neighbour(s|ing)?": "sibling object",
    r"on trial": "under test",
    r"trials?": "candidate, smoke-test run",
    r"labelled": "has_labels",
    r"as good as once": "idempotent",
    r"what serves": "the live version",
    r"serves now": "live version",
    r"drop(s|ped)? (it |the model )?again": "upload again",
    r"(takes?|taken|took) (it |them |models? )?off": "retire, remove",
    r"beside": "next to, in addition to",
    r"is (live|asleep) (on \S+ )?since": "has been live since",
    r"some (seconds|minutes)": "a few seconds",
    r"not together": "not supported",
    r"in clear": "in plain text",
    r"(go|goes|went) on": "continue",
    r"lies? (in|next|there|below|with)": "be",
    r"for ever": "forever",
    r"hears?": "receive, subscribe",
    r"held against": "compared with",
    r"on (its|their) way": "in flight, running",
    r"(live|lives|sleeps) (on and|and go|on with)": "stay, be registered and removed",
    r"speaks? of": "name",
    r"takes? and gives?": "accept and return",
    r"flat memory": "constant memory",
    r'"""return if': "check that, raise",
    r"files? with weights": "weight files",
    r'"""of': "name the quantity: the maximum, the name of …",
    r"\n +[a-z][a-z0-9 ]*: of (?:the|its|an?|all|each|this|these|that|another|one)": "the noun",
    r"any more(?! than)": "no longer",
    r"time-outs?": "timeout",
    r"e-mails?": "email",
    r"(behaviour|centre|colour|grey|normalis)[a-z]*": "the American spelling, as AWS",
    r"(is|are) believed": "assumed",
    r"names the line": "The error has the line.",
    r"(it|file|name|that|this|which) is no (?!longer|more)[a-z]+": "is not a",
}

LOWER_CASE = {
    r"\b(AWS|the|this|that|its|a|each|every|another|other|same|nearest) regions?\b": "Region",
}
"""Words that AWS's documentation capitalizes: pattern and spelling."""

# Places where a word has another meaning, or names something old: (word, file): reason.
ALLOWED = {
    ("setbacks", "CHANGELOG.md"): "the old name of a key",
    ("unannounced", "CHANGELOG.md"): "the old value of a parameter",
    ("told", "README.md"): "you are told why",
}

FOLDERS = (
    ".ci",
    ".github",
    "benchmarks",
    "docs",
    "examples",
    "functions",
    "layers",
    "model_client",
    "model_packager",
    "modeldrop",
    "requirements",
    "scripts",
    "statemachine",
    "tests",
)
TEXTS = {
    ".asl",
    ".j2",
    ".json",
    ".md",
    ".mk",
    ".py",
    ".sh",
    ".svg",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
}


def text_files() -> Iterator[Path]:
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXTS)
    yield ROOT / "Makefile"
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in TEXTS and path.is_file() and "__pycache__" not in path.parts:
                yield path


def uses(pattern: str) -> list[str]:
    """Find the places of a pattern, as `file:line: word`."""
    # A pattern that begins with a word lets `re` skip to the word; a lookbehind does not.
    word = re.compile(rf"(?:{pattern})(?![a-z])")
    return [
        f"{name}:{text.count(LINE_BREAK, 0, start) + 1}: {found[0]}"
        for name, text in TEXT_OF.items()
        for found in word.finditer(text)
        for start in [found.start()]
        if not text[start - 1 : start].isalpha() and (found[0], name) not in ALLOWED
    ]


LINE_BREAK = "\n"
AS_WRITTEN = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(text_files())
    if path.name != "test_terminology.py"
}
TEXT_OF = {name: text.lower().replace("_", " ") for name, text in AS_WRITTEN.items()}


@pytest.mark.parametrize("pattern", WORDS)
def test_word_does_not_come_back(pattern: str) -> None:
    found = uses(pattern)
    assert not found, f"write {WORDS[pattern]!r} instead:\n" + "\n".join(found)


@pytest.mark.parametrize("pattern", LOWER_CASE)
def test_word_is_capitalized(pattern: str) -> None:
    found = [name for name, text in AS_WRITTEN.items() if re.search(pattern, text)]
    assert not found, f"write {LOWER_CASE[pattern]!r} in {', '.join(found)}"


def test_every_exception_is_needed() -> None:
    for word, name in ALLOWED:
        assert word in TEXT_OF.get(name, ""), f"{name} no longer has {word!r}"
