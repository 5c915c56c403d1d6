"""Text of others, made safe to stand in ours: it may hold anything, at any length. Pure."""

from __future__ import annotations

import re

_WORD_LIMIT = 300
"""No name of AWS's that we print is longer; an URL of the console's may be."""

_LONG_WORD = re.compile(rf"\S{{{_WORD_LIMIT},}}")


def one_line(text: str) -> str:
    """Join the text's words to one line of what can be printed.

    Control characters become spaces, and so do those that Unicode does not show: they would turn
    the direction of the text around, or hide some of it.
    """
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def cut(text: str, limit: int) -> str:
    """Cut the text to a number of characters, between two words where there are any."""
    if len(text) <= limit:
        return text
    head = text[: limit - 3]
    whole, _, rest = head.rpartition(" ")
    return (whole if whole and len(rest) < limit // 4 else head) + "..."


def sentence_of(text: str, limit: int) -> str:
    """Give a text of others as one line of bounded length, and no endless word in it."""
    words = _LONG_WORD.sub(lambda word: cut(word[0], _WORD_LIMIT), one_line(text))
    return cut(words, limit)
