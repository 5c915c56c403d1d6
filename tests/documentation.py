"""Finds the commands in the documentation.

A command is in a bash block, follows `$ ` in a console block, or is in an indented block and starts
with the name of a known program. `<Name>` is a placeholder.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")]
)
PROGRAMS = ("modeldrop", "make", "sam", "aws", "git", "cd", "pipx", "python", "pytest", "export")

_FENCE = re.compile(
    r"^(?:<!-- run by (?P<test>\S+)[^\n]*-->\n)?```(?P<kind>\w*)\n(?P<text>.*?)^```", re.M | re.S
)
_INLINE = re.compile(rf"(?<!`)`((?:{'|'.join(PROGRAMS[:4])}) [^`\n]+)`")


@dataclass(frozen=True)
class Shown:
    """A command on a page.

    Attributes:
        page: the path of the page, relative to the project.
        words: the words of the command, without comments and without the virtual environment's
            folder.
        run_by: the test that runs the block; empty if no test does.
    """

    page: str
    words: tuple[str, ...]
    run_by: str = ""

    def __str__(self) -> str:
        return f"{self.page}: {shlex.join(self.words)}"


def shown_commands() -> list[Shown]:
    """Return every command on every page."""
    return [each for page in PAGES for each in _of_page(page)]


def blocks_run_by(test: str) -> list[tuple[str, list[str]]]:
    """Return the blocks that a test has to run, each as the page and the commands."""
    return [
        (_name(page), list(_lines(found["kind"], found["text"])))
        for page in PAGES
        for found in _FENCE.finditer(page.read_text())
        if found["test"] == test
    ]


def inline_commands() -> list[tuple[str, str]]:
    """Return the inline code that starts with a program, each with its page."""
    return [
        (_name(page), found)
        for page in PAGES
        for found in _INLINE.findall(_FENCE.sub("", page.read_text()))
    ]


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _of_page(page: Path) -> Iterator[Shown]:
    text = re.sub(r"\\\n\s*", " ", page.read_text())  # a command may continue on the next line
    for found in _FENCE.finditer(text):
        for line in _lines(found["kind"], found["text"]):
            yield from _of_line(_name(page), line, found["test"] or "")
    for line in re.findall(r"^    (?:\$ )?(\S.*)$", _FENCE.sub("", text), re.M):
        if re.match(rf"(\.venv/bin/)?({'|'.join(PROGRAMS)})\b(?!\.| {{2,}})", line):
            yield from _of_line(_name(page), line, "")


def _lines(kind: str, text: str) -> Iterator[str]:
    """Yield the commands of a block."""
    if kind == "console":
        yield from re.findall(r"^\$ (.*)$", text, re.M)
    elif kind in ("bash", "sh"):
        yield from (line for line in text.splitlines() if line.strip())


def _of_line(page: str, line: str, run_by: str) -> Iterator[Shown]:
    words: list[str] = []
    for word in [*split(line), ";"]:
        if word not in (";", "&&", "||", "|"):
            words.append(word)
            continue
        command = tuple(_without_assignments(words))
        if command:
            yield Shown(page, (command[0].removeprefix(".venv/bin/"), *command[1:]), run_by)
        words = []


def split(line: str) -> list[str]:
    """Split a line into words like a shell. A placeholder is a word, not a redirection."""
    plain = re.sub(r"<([A-Za-z ]+)>", lambda found: found[1].replace(" ", "-"), line)
    return shlex.split(plain, comments=True)


def _without_assignments(words: list[str]) -> list[str]:
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    return words
