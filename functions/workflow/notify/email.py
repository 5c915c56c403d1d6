"""Renders the email: text for people, which ends after the commands and links. Pure."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from model_packager.aws_limits import SUBJECT
from model_packager.names.version import version_text
from workflow.notify.console_links import endpoint_link, execution_link
from workflow.notify.message import UNKNOWN
from workflow.notify.plain_text import bounded_line, truncate
from workflow.notify.shell_commands import modeldrop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workflow.notify.message import Message

WIDTH = 76
"""Columns: at most 80 with a mail program's quotation mark."""

TEXT_LIMIT = 1200
"""The maximum characters of a sentence. The report has the complete cause."""

_MAX_LINES = 12


def subject(message: Message) -> str:
    """Render one line of printable ASCII that fits a phone. SNS accepts UTF-8, too."""
    ascii_only = f"{message.status}: {message.headline}".encode("ascii", "replace").decode()
    printable = "".join(each if each.isprintable() else " " for each in ascii_only)
    return printable if len(printable) <= SUBJECT.value else printable[: SUBJECT.value - 3] + "..."


def email_text(message: Message) -> str:
    """Render the text for people."""
    parts = [_wrapped(message.sentence)]
    if message.report:
        parts.append(f"Report: {message.report}")
    parts += _section("What happened", message.events)
    parts += _section("Live version", live_version_sentences(message))
    parts += _next_steps(message)
    parts += _section("In the AWS console", (), console_pages(message))
    if message.evidence:
        parts.append(f"Original messages:\n{_wrapped(message.evidence)}")
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
        f"Not deleted: {truncate(', '.join(remaining), TEXT_LIMIT // 2)}. SageMaker deletes no "
        "endpoint while it is being created or updated. An endpoint is billed until you delete it."
    )


def live_version_sentences(message: Message) -> tuple[str, ...]:
    """Name the live version and when it went live, if the message is about it."""
    place = f"on {message.endpoint}" if message.endpoint else "under this name"
    live = message.live
    if live is None:
        return ()
    if live.version is None:
        return (f"No version is live {place}.",)
    if live.version == UNKNOWN:
        status = modeldrop(message.execution_arn, "status")
        return (f"The live version {place} is unknown. To see it: {status}",)
    version = version_text(live.version, live.label)
    if live.since is None:
        return (f"Version {version} is live {place}.",)
    since = f"{live.since:%Y-%m-%d %H:%M} UTC"
    return (f"Version {version} has been live {place} since {since}.",)


def _next_steps(message: Message) -> list[str]:
    """Render the advice, then the commands. Lines to paste follow a colon, and stay unchanged."""
    advice, colon, lines = message.advice.partition(":\n")
    pasted = [_with_indent(each) for each in lines.splitlines() if each.strip()]
    gap = [""] if pasted and message.commands else []
    return _section("Next steps", [advice + colon.rstrip()], [*pasted, *gap, *message.commands])


def _with_indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())] + bounded_line(line, TEXT_LIMIT)


def _section(title: str, sentences: Sequence[str], verbatim: Iterable[str] = ()) -> list[str]:
    lines = [_wrapped(each, "- ") for each in sentences[:_MAX_LINES]]
    if len(sentences) > _MAX_LINES:
        lines.append(f"- ... and {len(sentences) - _MAX_LINES} more, in the execution's output.")
    lines += [f"    {each}" if each else "" for each in verbatim]
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
