"""Renders the e-mail: text for people, then JSON for programs. Pure.

SNS sends it as plain text; `email-json`, SQS and HTTP subscribers receive the same text in JSON.
"""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from model_packager.aws_limits import SUBJECT
from workflow.notify.console_links import endpoint_link, execution_link
from workflow.notify.message import UNKNOWN
from workflow.notify.message_size import fit
from workflow.notify.plain_text import bounded_line, truncate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workflow.contracts.base import Contract
    from workflow.notify.message import Message

WIDTH = 76
"""Columns: at most 80 with a mail program's quotation mark."""

TEXT_LIMIT = 1200
"""Characters of a sentence. A cause may be of any length, and is complete in the JSON."""

_MOST_LINES = 12


def subject(message: Message) -> str:
    """Render one line that SNS accepts (printable ASCII) and that fits a phone."""
    ascii_only = f"{message.status}: {message.headline}".encode("ascii", "replace").decode()
    printable = "".join(each if each.isprintable() else " " for each in ascii_only)
    return printable if len(printable) <= SUBJECT.value else printable[: SUBJECT.value - 3] + "..."


def email_body(message: Message, content: Contract) -> str:
    """Render the body: first the text, then an empty line, then the JSON."""
    return email_text(message) + "\n\n" + _json(fit(content.model_dump(mode="json"), _json))


def email_text(message: Message) -> str:
    """Render the text for people."""
    parts = [_wrapped(message.sentence)]
    if message.report:
        parts.append(f"Report: {message.report}")
    parts += _section("What happened", message.events)
    parts += _section("Live version", [live_version_sentence(message)])
    parts += _section("Next steps", [message.advice], message.commands)
    parts += _section("In the AWS console", (), console_pages(message))
    return "\n\n".join(parts)


def console_pages(message: Message) -> list[str]:
    """Return the links to the AWS console, each with its name."""
    arn = message.execution_arn
    endpoint = (
        endpoint_link(arn, message.endpoint)
        if message.endpoint and message.endpoint_exists
        else None
    )
    pages = {"Execution": execution_link(arn), "Endpoint": endpoint}
    return [f"{name}: {link}" for name, link in pages.items() if link]


def remaining_sentence(remaining: Sequence[str]) -> str:
    """Name the resources that still exist."""
    return (
        f"Not deleted yet, and still billed: {truncate(', '.join(remaining), TEXT_LIMIT // 2)}. "
        "SageMaker does not delete it during a transition. Delete it when the transition is over."
    )


def live_version_sentence(message: Message) -> str:
    """Name the live version, and when it went live."""
    endpoint, since = message.endpoint or "this name", message.live_since
    if message.live_version is None:
        return f"No version is live on {endpoint}."
    if message.live_version == UNKNOWN:
        return f"The live version on {endpoint} is unknown. To see it: modeldrop status"
    when = f" since {since:%Y-%m-%d %H:%M} UTC" if since else ""
    return f"Version {message.live_version} is live on {endpoint}{when}."


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2)


def _section(title: str, sentences: Sequence[str], verbatim: Iterable[str] = ()) -> list[str]:
    lines = [_wrapped(each, "- ") for each in sentences[:_MOST_LINES]]
    if len(sentences) > _MOST_LINES:
        lines.append(f"- ... and {len(sentences) - _MOST_LINES} more, in the JSON below.")
    lines += [f"    {each}" for each in verbatim]
    return ["\n".join([f"{title}:", *lines])] if lines else []


def _wrapped(text: str, first: str = "") -> str:
    return textwrap.fill(
        bounded_line(text, TEXT_LIMIT),
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
