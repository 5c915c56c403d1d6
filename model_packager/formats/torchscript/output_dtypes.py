"""The element types of a model's outputs, from the last lines of `forward`.

TorchScript says of an output that it is a Tensor, and no more. Triton's PyTorch backend refuses
every request where the config has another type, so a classifier that ends in argmax could not be
served without a spec. This reads what the returned names were assigned, in the text that torch
prints (torch/csrc/jit/serialization/python_print.cpp), and knows the operators whose result type
does not depend on their arguments. It never guesses: an unknown type stays open.
"""

import ast
import re

from model_packager.dtype import Dtype
from model_packager.formats.python_text import PythonDamaged, parsed

_OPERATORS = {
    **dict.fromkeys(("argmax", "argmin", "argsort", "bincount", "multinomial", "nonzero"), "INT64"),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge", "isnan", "isinf", "isfinite"), "BOOL"),
    **dict.fromkeys(("logical_and", "logical_or", "logical_not", "logical_xor"), "BOOL"),
}
"""Operators with one result, whose type is always the same (PyTorch documentation)."""

_WITH_INDICES = frozenset({"kthvalue", "max", "median", "min", "mode", "sort", "topk"})
"""Operators that give values and, second, their indices, which are INT64."""

_RESHAPING = frozenset(
    {
        "clone",
        "contiguous",
        "detach",
        "flatten",
        "permute",
        "reshape",
        "select",
        "slice",
        "squeeze",
        "transpose",
        "unsqueeze",
        "view",
    }
)
"""Operators that give the elements of their first argument."""

_SCALAR_TYPES = {
    0: Dtype.UINT8,
    1: Dtype.INT8,
    2: Dtype.INT16,
    3: Dtype.INT32,
    4: Dtype.INT64,
    5: Dtype.FP16,
    6: Dtype.FP32,
    7: Dtype.FP64,
    11: Dtype.BOOL,
}
"""The numbers of c10::ScalarType, by which `torch.to` names a type (c10/core/ScalarType.h)."""

MAX_BODY_LENGTH = 1024 * 1024
MAX_PARSED_LENGTH = 64 * 1024
"""Of all statements that are parsed, in characters; an operator's has about 60."""

MAX_STEPS = 100
MAX_OUTPUTS = 1024

_STATEMENT = re.compile(r"^    (?=[A-Za-z_(])", re.MULTILINE)
_TARGETS = re.compile(r"    ([A-Za-z_]\w*(?:, [A-Za-z_]\w*)*),? = ")


def output_dtypes(class_body: str) -> tuple[Dtype | None, ...]:
    """Return the element types of the outputs of `forward`; None for an unknown one.

    Only the statements that lead to an output are parsed, one at a time.

    Args:
        class_body: the text of the class that has the method. Empty if it cannot be parsed.
    """
    statements = _Statements(class_body)
    returned = statements.returned()
    if returned is None:
        return ()
    parts = returned.elts if isinstance(returned, ast.Tuple) else [returned]
    if len(parts) > MAX_OUTPUTS:
        return ()
    return tuple(_dtype(part, statements) for part in parts)


class _Statements:
    """The statements at the top level of `forward`: four columns in, each in one or more lines."""

    def __init__(self, class_body: str) -> None:
        start = re.search(r"^  def forward\(", class_body, re.MULTILINE)
        known = start is not None and len(class_body) <= MAX_BODY_LENGTH
        self._text = class_body[start.start() :] if start and known else ""
        end = re.search(r"^  (?=\S)", self._text[3:], re.MULTILINE)
        self._text = self._text[: end.start() + 3] if end else self._text
        self._starts = [each.start() for each in _STATEMENT.finditer(self._text)]
        self._assigned: dict[str, tuple[int, int | None]] = {}
        self._parsed: dict[int, ast.stmt | None] = {}
        self._length_left = MAX_PARSED_LENGTH
        for number, position in enumerate(self._starts):
            if targets := _TARGETS.match(self._text, position):
                names = targets[1].split(", ")
                is_tuple = len(names) > 1 or targets[0].endswith(", = ")
                for part, name in enumerate(names):
                    self._assigned[name] = number, part if is_tuple else None

    def returned(self) -> ast.expr | None:
        """Return the expression of the last statement, if that returns one."""
        statement = self._statement(len(self._starts) - 1)
        return statement.value if isinstance(statement, ast.Return) else None

    def assigned(self, name: str) -> tuple[ast.expr, int | None] | None:
        """Return what a name was last assigned, and which part of it for `a, b = …`."""
        number, part = self._assigned.get(name, (-1, None))
        statement = self._statement(number)
        return (statement.value, part) if isinstance(statement, ast.Assign) else None

    def _statement(self, number: int) -> ast.stmt | None:
        if number >= 0 and number not in self._parsed:
            ends = [*self._starts[number + 1 : number + 2], len(self._text)]
            self._parsed[number] = self._parse(self._text[self._starts[number] : ends[0]])
        return self._parsed.get(number)

    def _parse(self, text: str) -> ast.stmt | None:
        self._length_left -= len(text)
        if self._length_left < 0:
            return None
        try:
            function = parsed(f"def f():\n{text}".encode()).body[0]
        except PythonDamaged:
            return None
        return function.body[0] if isinstance(function, ast.FunctionDef) else None


def _dtype(expression: ast.expr, statements: _Statements, part: int | None = None) -> Dtype | None:
    for _ in range(MAX_STEPS):  # names may go round in a circle
        if isinstance(expression, ast.Name):
            assigned = statements.assigned(expression.id)
            if assigned is None:
                return None
            expression, part = assigned
            continue
        operator, arguments = _call(expression)
        if operator in _RESHAPING and part is None and arguments:
            expression = arguments[0]
            continue
        return _of_operator(operator, arguments, part)
    return None


def _call(expression: ast.expr) -> tuple[str | None, list[ast.expr]]:
    """Take `torch.name(…)` apart; None for anything else."""
    if isinstance(expression, ast.Call) and isinstance(expression.func, ast.Attribute):
        of = expression.func.value
        if isinstance(of, ast.Name) and of.id == "torch":
            return expression.func.attr, expression.args
    return None, []


def _of_operator(operator: str | None, arguments: list[ast.expr], part: int | None) -> Dtype | None:
    if part is not None:
        return Dtype.INT64 if operator in _WITH_INDICES and part == 1 else None
    if operator in _OPERATORS:
        return Dtype(_OPERATORS[operator])
    if operator == "to" and len(arguments) > 1 and isinstance(arguments[1], ast.Constant):
        number = arguments[1].value
        return _SCALAR_TYPES.get(number) if isinstance(number, int) else None
    return None
