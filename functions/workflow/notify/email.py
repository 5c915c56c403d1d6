"""The e-mail: lines for people, then JSON for programs. Pure.

SNS sends it as plain text; `email-json`, SQS and HTTP subscribers get the same text in JSON.
"""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from workflow.notify.console_links import endpoint_link, execution_link
from workflow.notify.message_size import fitted
from workflow.notify.plain_text import cut, sentence_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workflow.contracts.base import Contract
    from workflow.notify.message import Letter

SUBJECT_LIMIT = 99
"""SNS takes fewer than 100 characters, and no line breaks (Publish API reference)."""

WIDTH = 76
"""Columns: with what a mail program puts in front of a quotation, no more than 80."""

TEXT_LIMIT = 1200
"""Characters of a sentence: the cause of others may be of any length, and is whole in the JSON."""

_MOST_LINES = 12


def subject(letter: Letter) -> str:
    """Write one line that SNS takes, printable ASCII only, and that can be read on a phone."""
    ascii_only = f"{letter.status}: {letter.headline}".encode("ascii", "replace").decode()
    printable = "".join(each if each.isprintable() else " " for each in ascii_only)
    return printable if len(printable) <= SUBJECT_LIMIT else printable[: SUBJECT_LIMIT - 3] + "..."


def mail(letter: Letter, content: Contract) -> str:
    """Write the body: the sentence first, the JSON last, after an empty line."""
    return words(letter) + "\n\n" + _json(fitted(content.model_dump(mode="json"), _json))


def words(letter: Letter) -> str:
    """Write what people read."""
    parts = [_wrapped(letter.sentence)]
    if letter.report:
        parts.append(f"Report: {letter.report}")
    parts += _section("What happened", letter.happened)
    parts += _section("What serves now", [serving_line(letter)])
    parts += _section("What to do next", [letter.advice], letter.commands)
    parts += _section("In the AWS console", (), links(letter))
    return "\n\n".join(parts)


def links(letter: Letter) -> list[str]:
    """Give the pages of the console about it, and what each is."""
    arn = letter.execution_arn
    endpoint = endpoint_link(arn, letter.endpoint) if letter.endpoint and letter.standing else None
    pages = {"Execution": execution_link(arn), "Endpoint": endpoint}
    return [f"{name}: {link}" for name, link in pages.items() if link]


def remaining_line(remaining: Sequence[str]) -> str:
    """Say what is left standing."""
    return (
        f"Not removed yet, and billed until it is: {cut(', '.join(remaining), TEXT_LIMIT // 2)}. "
        "SageMaker refused to delete it while it was in transition: delete it when it has settled."
    )


def serving_line(letter: Letter) -> str:
    """Say what serves now, and since when."""
    on, since = letter.endpoint or "this name", letter.live_since
    if letter.live_version is None:
        return f"Nothing serves on {on}."
    when = f", since {since:%Y-%m-%d %H:%M} UTC" if since else ""
    return f"Version {letter.live_version} serves on {on}{when}."


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2)


def _section(title: str, sentences: Sequence[str], as_they_are: Iterable[str] = ()) -> list[str]:
    lines = [_wrapped(each, "- ") for each in sentences[:_MOST_LINES]]
    if len(sentences) > _MOST_LINES:
        lines.append(f"- ... and {len(sentences) - _MOST_LINES} more, in the JSON below.")
    lines += [f"    {each}" for each in as_they_are]
    return ["\n".join([f"{title}:", *lines])] if lines else []


def _wrapped(text: str, first: str = "") -> str:
    return textwrap.fill(
        sentence_of(text, TEXT_LIMIT),
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
