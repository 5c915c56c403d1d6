"""Parses the statements of one method or function in TorchScript's code one at a time.

torch assigns a name once (static single assignment), except in loops and branches, which are
indented. Source: torch/csrc/jit/serialization/python_print.cpp.
"""

import ast
import re

from model_packager.formats.python.bounded_parser import PythonDamaged, parsed

MAX_BODY_LENGTH = 1024 * 1024
MAX_PARSED_LENGTH = 64 * 1024
"""The maximum characters of all parsed statements of a model. An operator takes about 60."""

_TARGETS = r"([A-Za-z_]\w*(?:, [A-Za-z_]\w*)*),? = "


class ParseBudget:
    """The number of characters that may still be parsed."""

    def __init__(self, characters: int = MAX_PARSED_LENGTH) -> None:
        self._left = characters

    def statement(self, text: str) -> ast.stmt | None:
        """Parse one statement; None if it is damaged, or if the budget is used up."""
        self._left -= len(text)
        if self._left < 0:
            return None
        try:
            function = parsed(f"def f():\n{text}".encode()).body[0]
        except PythonDamaged:
            return None
        return function.body[0] if isinstance(function, ast.FunctionDef) else None


class MethodText:
    """One method of a class, or one function of a file.

    Attributes:
        text: the text of the class or function.
        parameters: the names of its parameters, including a method's `self`.
    """

    def __init__(self, text: str, name: str, budget: ParseBudget) -> None:
        """Find the statements; none if the text has no such method or is too long."""
        indent = "" if text.startswith("def ") else "  "
        start = re.search(rf"^{indent}def {re.escape(name)}\(", text, re.MULTILINE)
        body = text[start.start() :] if start and len(text) <= MAX_BODY_LENGTH else ""
        end = re.search(rf"^{indent}(?=[^\s)])", body[3:], re.MULTILINE)
        self.text = text
        self._body = body[: end.start() + 3] if end else body
        self._budget = budget
        inner = f"{indent}  "
        statement = re.compile(rf"^{inner}(?=[A-Za-z_(])", re.MULTILINE)
        self._starts = [each.start() for each in statement.finditer(self._body)]
        self._assigned: dict[str, tuple[int, int | None]] = {}
        self._parsed: dict[int, ast.stmt | None] = {}
        self.parameters = self._parameters()
        self._find_assignments(re.compile(inner + _TARGETS))
        nested = re.compile(rf"^{inner} +(?:{_TARGETS}|return\b)", re.MULTILINE)
        self._returns_early = False
        for each in nested.finditer(self._body):
            self._returns_early |= each[1] is None
            for target in (each[1] or "").split(", "):
                self._assigned.pop(target, None)

    def returned(self) -> ast.expr | None:
        """Return the expression of the last statement if it is a return statement."""
        statement = self._statement(len(self._starts) - 1)
        if self._returns_early or not isinstance(statement, ast.Return):
            return None
        return statement.value

    def assigned(self, name: str) -> tuple[ast.expr, int | None] | None:
        """Return the expression that was assigned to a name, and the name's index in `a, b = …`."""
        number, part = self._assigned.get(name, (-1, None))
        statement = self._statement(number)
        return (statement.value, part) if isinstance(statement, ast.Assign) else None

    def _parameters(self) -> tuple[str, ...]:
        end = re.search(r"\) -> [^\n]*:$", self._body, re.MULTILINE)
        signature = self._body[: end.end()] if end else ""
        return tuple(re.findall(r"(?:^[^\n(]*\(|^ +)(\w+)(?=: |,|\))", signature, re.MULTILINE))

    def _find_assignments(self, pattern: re.Pattern[str]) -> None:
        for number, position in enumerate(self._starts):
            if targets := pattern.match(self._body, position):
                names = targets[1].split(", ")
                is_tuple = len(names) > 1 or targets[0].endswith(", = ")
                for part, name in enumerate(names):
                    self._assigned[name] = number, part if is_tuple else None

    def _statement(self, number: int) -> ast.stmt | None:
        if number >= 0 and number not in self._parsed:
            ends = [*self._starts[number + 1 : number + 2], len(self._body)]
            # Every body is parsed with the indentation of a method.
            self._parsed[number] = self._budget.statement(
                self._body[self._starts[number] : ends[0]]
            )
        return self._parsed.get(number)


def attribute_type(class_text: str, name: str) -> str | None:
    """Return the class of an attribute of a class, such as "__torch__.Head"."""
    found = re.search(
        rf'^  (?:{re.escape(name)} : |__annotations__\["{re.escape(name)}"\] = )'
        r"(__torch__\.[\w.]+)$",
        class_text,
        re.MULTILINE,
    )
    return found[1] if found else None
