"""Makes external text of any content and length safe to include in our texts. Pure."""

from __future__ import annotations

import re

_WORD_LIMIT = 300
"""No AWS name that we print is longer; a console URL may be."""

_LONG_WORD = re.compile(rf"\S{{{_WORD_LIMIT},}}")


def one_line(text: str) -> str:
    """Join the text's printable words into one line.

    Control characters and Unicode format characters become spaces: they could reverse the
    text's direction or hide parts of it.
    """
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def truncate(text: str, limit: int) -> str:
    """Truncate the text to a number of characters, if possible between two words."""
    if len(text) <= limit:
        return text
    head = text[: limit - 3]
    words, _, rest = head.rpartition(" ")
    return (words if words and len(rest) < limit // 4 else head) + "..."


def bounded_line(text: str, limit: int) -> str:
    """Return external text as one line of limited length, without overlong words."""
    line = _LONG_WORD.sub(lambda match: truncate(match[0], _WORD_LIMIT), one_line(text))
    return truncate(line, limit)
