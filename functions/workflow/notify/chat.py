"""Renders the message for Amazon Q Developer in chat applications (AWS Chatbot). Pure.

Its schema, and the limits of its fields: "Custom notifications using Amazon Q Developer in chat
applications" (docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html). The service drops
any other form silently.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from workflow.notify.console_links import endpoint_arn
from workflow.notify.email import console_pages, live_version_sentences
from workflow.notify.message import Severity, attributes
from workflow.notify.plain_text import bounded_line, truncate

if TYPE_CHECKING:
    from workflow.notify.message import Message

TITLE_LIMIT = 250
DESCRIPTION_LIMIT = 8000
STEP_LIMIT = 350
KEYWORD_LIMIT = 75

_LINE_LIMIT = 600
_MAX_LINES = 10
_SIGNS = {
    Severity.INFO: "\N{WHITE HEAVY CHECK MARK}",
    Severity.WARNING: "\N{WARNING SIGN}",
    Severity.ERROR: "\N{CROSS MARK}",
}

_LOOK_ALIKES = str.maketrans(
    {
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",  # a link or a mention in Slack
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
        "&": "\N{FULLWIDTH AMPERSAND}",  # an entity, such as &lt;
        "@": "\N{FULLWIDTH COMMERCIAL AT}",
        "*": "\N{ASTERISK OPERATOR}",
        "~": "\N{TILDE OPERATOR}",
        "`": "'",
    }
)
"""Slack has no escape for its markup (yhatt/jsx-slack, "About escape and exact mode"), and Teams
escapes differently. These characters look alike, and neither interprets them."""

_LOOSE_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9_])_+|_+(?![A-Za-z0-9_])")
_SAFE_COMMAND = re.compile(r"[A-Za-z0-9 ./:=+,'\"|_-]+")


def chat_message(message: Message) -> str:
    """Render the custom notification. All messages about one model share a thread."""
    return json.dumps(
        {
            "version": "1.0",
            "source": "custom",
            "id": message.execution_arn,
            "content": {
                "textType": "client-markdown",
                "title": _title(message),
                "description": _description(message),
                "nextSteps": _next_steps(message),
                "keywords": _keywords(message),
            },
            "metadata": {
                "threadId": message.endpoint or _context(message)["model"],
                "summary": _title(message),
                "eventType": f"modeldrop-{message.kind}",
                "relatedResources": _resources(message),
                "additionalContext": _context(message),
            },
        }
    )


def escaped(text: str) -> str:
    """Replace the markup of Slack and Teams in external text."""
    plain = text.translate(_LOOK_ALIKES).replace("](", "] (")
    return _LOOSE_UNDERSCORE.sub(
        lambda match: "\N{MODIFIER LETTER LOW MACRON}" * len(match[0]), plain
    )


def _clean(text: str, limit: int = _LINE_LIMIT) -> str:
    return truncate(escaped(bounded_line(text, limit)), limit)


def _title(message: Message) -> str:
    return _clean(f"{_SIGNS[message.severity]} {message.status}: {message.headline}", TITLE_LIMIT)


def _description(message: Message) -> str:
    report = [f"Report: {message.report}"] if message.report else []
    events = [f"• {_clean(each)}" for each in message.events[:_MAX_LINES]]
    live = [_clean(each) for each in live_version_sentences(message)]
    lines = [_clean(message.sentence), *report, *events, *live]
    return truncate("\n".join(lines), DESCRIPTION_LIMIT)


def _next_steps(message: Message) -> list[str]:
    """Return advice, commands and links. A command or link over the limit is left out."""
    commands = [f"`{each}`" for each in message.commands if _SAFE_COMMAND.fullmatch(each)]
    complete = [each for each in (*commands, *console_pages(message)) if len(each) <= STEP_LIMIT]
    return [_clean(message.advice, STEP_LIMIT), *complete]


def _keywords(message: Message) -> list[str]:
    values = attributes(message)
    keywords = [values[key] for key in ("status", "model", "error") if key in values]
    return [_clean(each, KEYWORD_LIMIT) for each in keywords]


def _resources(message: Message) -> list[str]:
    endpoint = [endpoint_arn(message.execution_arn, message.endpoint)] if message.endpoint else []
    return [message.execution_arn, *endpoint]


def _context(message: Message) -> dict[str, str]:
    optional = {
        "region": message.region,
        "endpoint": message.endpoint,
        "version": message.version,
        "live_version": message.live.version if message.live else None,
    }
    context = attributes(message) | {key: value for key, value in optional.items() if value}
    return {key: bounded_line(value, TITLE_LIMIT) for key, value in context.items()}
