"""The message to a chat channel, by Amazon Q Developer in chat applications (AWS Chatbot). Pure.

Its schema, and the limits of its fields: "Custom notifications using Amazon Q Developer in chat
applications" (docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html). What has another
form is dropped there without a word.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from workflow.notify.console_links import endpoint_arn
from workflow.notify.email import links, serving_line
from workflow.notify.message import Severity, attributes
from workflow.notify.plain_text import cut, sentence_of

if TYPE_CHECKING:
    from workflow.notify.message import Letter

TITLE_LIMIT = 250
DESCRIPTION_LIMIT = 8000
STEP_LIMIT = 350
KEYWORD_LIMIT = 75

_LINE_LIMIT = 600
_MOST_LINES = 10
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
"""Slack cannot escape its marks (yhatt/jsx-slack, "About escape and exact mode"), and Teams escapes
them otherwise: what looks the same says the same to people, and nothing to either."""

_LOOSE_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9_])_+|_+(?![A-Za-z0-9_])")
_SAFE_COMMAND = re.compile(r"[A-Za-z0-9 ./:=+,'\"_-]+")


def chat_message(letter: Letter) -> str:
    """Write the custom notification. All that is told of one model is one thread."""
    return json.dumps(
        {
            "version": "1.0",
            "source": "custom",
            "id": letter.execution_arn,
            "content": {
                "textType": "client-markdown",
                "title": _title(letter),
                "description": _description(letter),
                "nextSteps": _next_steps(letter),
                "keywords": _keywords(letter),
            },
            "metadata": {
                "threadId": letter.endpoint or _context(letter)["model"],
                "summary": _title(letter),
                "eventType": f"modeldrop-{letter.kind}",
                "relatedResources": _resources(letter),
                "additionalContext": _context(letter),
            },
        }
    )


def escaped(text: str) -> str:
    """Write a text of others so that it has no mark of Slack's or Teams's in it."""
    plain = text.translate(_LOOK_ALIKES).replace("](", "] (")
    return _LOOSE_UNDERSCORE.sub(
        lambda found: "\N{MODIFIER LETTER LOW MACRON}" * len(found[0]), plain
    )


def _said(text: str, limit: int = _LINE_LIMIT) -> str:
    return cut(escaped(sentence_of(text, limit)), limit)


def _title(letter: Letter) -> str:
    return _said(f"{_SIGNS[letter.severity]} {letter.status}: {letter.headline}", TITLE_LIMIT)


def _description(letter: Letter) -> str:
    report = [f"Report: {letter.report}"] if letter.report else []
    happened = [f"• {_said(each)}" for each in letter.happened[:_MOST_LINES]]
    lines = [_said(letter.sentence), *report, *happened, _said(serving_line(letter))]
    return cut("\n".join(lines), DESCRIPTION_LIMIT)


def _next_steps(letter: Letter) -> list[str]:
    """Give the advice, the commands and the links; one that is too long is of no use when cut."""
    commands = [f"`{each}`" for each in letter.commands if _SAFE_COMMAND.fullmatch(each)]
    whole = [each for each in (*commands, *links(letter)) if len(each) <= STEP_LIMIT]
    return [_said(letter.advice, STEP_LIMIT), *whole]


def _keywords(letter: Letter) -> list[str]:
    found = attributes(letter)
    named = [found[key] for key in ("status", "model", "error") if key in found]
    return [_said(each, KEYWORD_LIMIT) for each in named]


def _resources(letter: Letter) -> list[str]:
    endpoint = [endpoint_arn(letter.execution_arn, letter.endpoint)] if letter.endpoint else []
    return [letter.execution_arn, *endpoint]


def _context(letter: Letter) -> dict[str, str]:
    known = {
        "region": letter.region,
        "endpoint": letter.endpoint,
        "version": letter.version,
        "live_version": letter.live_version,
    }
    context = attributes(letter) | {key: value for key, value in known.items() if value}
    return {key: sentence_of(value, TITLE_LIMIT) for key, value in context.items()}
