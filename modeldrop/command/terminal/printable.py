"""Makes external text safe for a terminal: names in models, logs, responses of endpoints."""

from __future__ import annotations

_KEPT = "\n\t"


def printable(text: str) -> str:
    r"""Make every character visible, and leave printable text as it is.

    A terminal obeys control characters, which can change colors, titles and the clipboard, or hide
    text. Unicode format characters can reverse or hide text. Both become escapes, such as \x1b and
    \u202e; line feeds and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in _KEPT else _escape(each) for each in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
