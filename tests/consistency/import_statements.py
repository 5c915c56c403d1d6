"""Finds the import statements of a file, without a walk through its expressions."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
"""The fields of statements, `except` and `case` that contain statements."""


def import_statements(file: Path, *, types: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports of a file; with `types`, including those under `if TYPE_CHECKING:`."""
    waiting: list[ast.AST] = [ast.parse(file.read_text())]
    while waiting:
        match waiting.pop():
            case ast.Import() | ast.ImportFrom() as statement:
                yield statement
            case ast.If(test=ast.Name(id="TYPE_CHECKING")) as node if not types:
                waiting.extend(node.orelse)
            case node:
                waiting.extend(inner for block in BLOCKS for inner in getattr(node, block, ()))


@cache
def imported(file: Path) -> frozenset[str]:
    """Return the top-level modules that a file imports at run time."""
    names = set[str]()
    for statement in import_statements(file, types=False):
        match statement:
            case ast.Import():
                names |= {each.name for each in statement.names}
            case ast.ImportFrom(level=0):
                names.add(statement.module or "")
    return frozenset(name.partition(".")[0] for name in names)
