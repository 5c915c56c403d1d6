"""Parses external Python code in bounded memory and time, without running it.

Python's parser needs up to 1.5 KB for each token, so a text of a megabyte takes 750 MB.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from model_packager.rejection import refusal

MAX_TOKENS = 60_000
"""This many tokens take up to 90 MB and half a second."""

MAX_DEPTH = 500
"""The maximum nesting of the syntax tree. Each `elif` is a level, and each operator of a sum."""

MAX_FUNCTIONS = 2_000
"""The maximum for Python's compiler. It compares each function with all functions of the same name:
20,000 lambdas take fifteen seconds."""

_FUNCTIONS = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)

_TOKEN = re.compile(rb"[\w\x80-\xff]+|[^\s\w]")


class PythonDamaged(Exception):
    """The text is not valid Python, or exceeds a limit. The message has the line, if there is one.

    Attributes:
        is_syntax: whether Python itself would refuse the text.
    """

    def __init__(self, how: str, *, is_syntax: bool = False) -> None:
        super().__init__(how)
        self.is_syntax = is_syntax


def parsed(source: bytes, max_tokens: int = MAX_TOKENS, max_levels: int = MAX_DEPTH) -> ast.Module:
    """Parse a file of Python.

    Args:
        source: the text in the encoding that it declares, by default UTF-8.
        max_tokens: the maximum number of names, numbers and signs.
        max_levels: the maximum depth of the syntax tree, independent of Python's recursion limit.

    Raises:
        PythonDamaged: the text is not valid Python, too long, or nested too deep.
    """
    for number, _ in enumerate(_TOKEN.finditer(source), 1):
        if number > max_tokens:
            raise PythonDamaged(f"it has more than {max_tokens:,} names, numbers and signs")
    with _syntax_errors():
        tree = ast.parse(source)
    if _levels(tree) > max_levels:
        raise PythonDamaged("it is nested too deep")
    return tree


def parsed_file(source: bytes) -> ast.Module:
    """Parse a whole file, and find errors of Python's compiler, such as `return` in a class.

    A file with too many functions is not compiled.

    Raises:
        PythonDamaged: as `parsed`.
    """
    tree = parsed(source)
    if sum(isinstance(node, _FUNCTIONS) for node in ast.walk(tree)) <= MAX_FUNCTIONS:
        with _syntax_errors():
            compile(tree, "model.py", "exec", dont_inherit=True)
    return tree


@contextmanager
def _syntax_errors() -> Iterator[None]:
    """Name the line of a syntax error."""
    try:
        with refusal(PythonDamaged), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as warnings about escapes
            yield
    except PythonDamaged as damage:
        error = damage.__cause__
        if isinstance(error, SyntaxError):
            where = f"line {error.lineno}: {error.msg}" if error.lineno else str(error.msg)
            raise PythonDamaged(where, is_syntax=True) from error
        raise


def _levels(tree: ast.AST) -> int:
    level: list[ast.AST] = [tree]
    count = 0
    while level:
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        count += 1
    return count
