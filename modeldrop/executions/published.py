"""A published notification: subject, text and JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Published:
    """A notification: `words` for people, `content` for programs."""

    subject: str
    words: str
    content: dict[str, Any]
    attributes: dict[str, str] = field(default_factory=dict)
