"""Wraps text for a terminal between words, but not within commands to paste."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMMAND = re.compile(r"(^|(?<=: ))(modeldrop|sam|aws) \S.*$")
"""A command ends its line: `Follow it with: modeldrop watch cat`."""

_GLUE = "\0"
"""Replaces a space at which no line may end. Printable text does not contain it."""

_GAP = 2
"""The number of spaces between the columns of `aligned`."""


def wrapped(text: str, width: int | None, indent: int = 0) -> str:
    """Wrap each line between words; longer words and commands stay whole.

    Args:
        text: the lines of printable text.
        width: the width of the terminal in columns; None if the output is not a terminal.
        indent: the indentation of all lines but the first, which starts in this column.
    """
    lines = [each for line in text.split("\n") for each in _wrapped_line(line, width, indent)]
    return f"\n{' ' * indent}".join(lines)


def _wrapped_line(line: str, width: int | None, indent: int) -> list[str]:
    if width is None or indent + len(line) <= width:
        return [line]
    text = line.lstrip(" ")
    own = " " * (len(line) - len(text))
    glued = _COMMAND.sub(lambda command: command[0].replace(" ", _GLUE), text)
    lines = textwrap.wrap(
        glued,
        max(width - indent, 1),
        initial_indent=own,
        subsequent_indent=own,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [each.replace(_GLUE, " ") for each in lines]


def aligned(rows: Iterable[tuple[str, str]], width: int | None) -> str:
    """Return rows of a name and a text, with the texts in one column.

    Args:
        rows: names and texts; a row without a name continues the one above.
        width: the width of the terminal in columns; None if the output is not a terminal.
    """
    known = list(rows)
    column = max((len(name) for name, _ in known), default=0) + _GAP
    return "\n".join(
        f"{name:<{column}}{wrapped(text, width, column)}".rstrip() for name, text in known
    )
