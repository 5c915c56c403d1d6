"""A published notification: subject, text and JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Published:
    """A notification: `words` for people, `content` for programs."""

    subject: str
    words: str
    content: dict[str, Any]
    attributes: dict[str, str] = field(default_factory=dict)


def read_message(subject: str, message: str, attributes: dict[str, str] | None = None) -> Published:
    """Split the message into its text and its JSON, which follows the last empty line."""
    words, _, content = message.rpartition("\n\n{")  # JSON has no empty lines
    return Published(subject, words, json.loads("{" + content), attributes or {})
