"""The chat message follows the documented schema and limits.

Amazon Q Developer in chat applications, administrator guide, "Custom notifications": the event
schema, "Custom notification content guidelines" (lengths), and the CreateCustomAction API reference
(NotificationType).
"""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from model_packager.aws_limits import MESSAGE_BYTES
from tests.unit.functions.workflow.messages import HOSTILE, hostile, sample
from workflow.notify.chat import chat_message, escaped

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT}
SCHEMA = {
    "type": "object",
    "required": ["version", "source", "content"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "1.0"},
        "source": {"const": "custom"},
        "id": TEXT,
        "content": {
            "type": "object",
            "required": ["description"],
            "additionalProperties": False,
            "properties": {
                "textType": {"const": "client-markdown"},
                "title": TEXT | {"maxLength": 250},
                "description": TEXT | {"maxLength": 8000},
                "nextSteps": {"type": "array", "items": TEXT | {"maxLength": 350}},
                "keywords": {"type": "array", "items": TEXT | {"maxLength": 75}},
            },
        },
        "metadata": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "threadId": TEXT,
                "summary": TEXT,
                "eventType": TEXT | {"maxLength": 100, "pattern": "^[a-zA-Z0-9-]+$"},
                "relatedResources": TEXTS,
                "additionalContext": {"type": "object", "additionalProperties": TEXT},
            },
        },
    },
}
MARKS = re.compile(r"[<>@&*~]|\]\(|(?<![A-Za-z0-9_])_|_(?![A-Za-z0-9_])")


def rendered(**changed: Any) -> Any:
    return json.loads(chat_message(sample(**changed)))


def test_message_follows_the_schema() -> None:
    message = rendered()
    jsonschema.validate(message, SCHEMA)
    assert message["content"]["nextSteps"][:2] == ["Correct it.", "`modeldrop logs resnet`"]


@given(hostile, hostile)
@pytest.mark.slow
def test_any_message_follows_schema_and_limits(name: str, cause: str) -> None:
    model = name or "x"
    message = rendered(
        model=model,
        headline=f"{model} failed",
        sentence=f"{model} failed: {cause}",
        events=(f"It said: {cause}",) * 30,
        advice=f"Do: {cause}",
        error=None,
    )
    jsonschema.validate(message, SCHEMA)
    content = message["content"]
    for text in (content["title"], content["description"], content["nextSteps"][0]):
        assert not MARKS.search(text)
        assert "`" not in text
    assert content["description"].count("\n") == 11  # external text cannot start a line


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("INPUT__0 of my_model", "INPUT__0 of my_model"),
        ("_x_ __init__", "ˍxˍ ˍˍinitˍˍ"),
        ("<!channel> @here", "‹!channel› ＠here"),  # noqa: RUF001
        ("[Fix](https://evil.example)", "[Fix] (https://evil.example)"),
        ("*a* ~b~ `c` &lt;", "∗a∗ ∼b∼ 'c' ＆lt;"),  # noqa: RUF001
    ],
)
def test_markup_in_external_text_is_escaped(text: str, seen: str) -> None:
    assert escaped(text) == seen


def test_messages_about_one_model_share_a_thread() -> None:
    first = rendered()["metadata"]["threadId"]
    assert rendered(execution_arn=sample().execution_arn + "2")["metadata"]["threadId"] == first
    assert rendered(endpoint="modeldrop-other")["metadata"]["threadId"] != first
    assert rendered(endpoint=None, model="a/model.pt")["metadata"]["threadId"] == "a/model.pt"


def test_long_or_unsafe_command_is_left_out() -> None:
    commands = ("modeldrop " + "x" * 350, "aws s3 cp '<!channel>`' .", "modeldrop status resnet")
    steps = rendered(commands=commands)["content"]["nextSteps"]
    assert [each for each in steps if each.startswith("`")] == ["`modeldrop status resnet`"]


def test_longest_message_fits_sns() -> None:
    long = HOSTILE * 50
    message = chat_message(sample(sentence=long, events=(long,) * 99, model=long, headline=long))
    assert len(message.encode()) < MESSAGE_BYTES.value


def test_report_is_linked() -> None:
    assert (
        "\nReport: https://example.com/r.html\n"
        in (rendered(report="https://example.com/r.html")["content"]["description"])
    )
