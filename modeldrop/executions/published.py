"""A published notification: subject, text and JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Published:
    """A notification: `words` is the text for people, `content` the JSON for programs."""

    subject: str
    words: str
    content: dict[str, Any]
    attributes: dict[str, str] = field(default_factory=dict)
