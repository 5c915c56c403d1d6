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
MAX_STEPS = 100

_Assigned = dict[str, tuple[ast.expr, int | None]]


def output_dtypes(class_body: str) -> tuple[Dtype | None, ...]:
    """Return the element types of the outputs of `forward`; None for an unknown one.

    Args:
        class_body: the text of the class that has the method. Empty if it cannot be parsed.
    """
    function = _forward(class_body)
    if function is None or not isinstance(function.body[-1], ast.Return):
        return ()
    returned = function.body[-1].value
    if returned is None:
        return ()
    assigned = _assignments(function)
    parts = returned.elts if isinstance(returned, ast.Tuple) else [returned]
    return tuple(_dtype(part, assigned) for part in parts)


def _forward(class_body: str) -> ast.FunctionDef | None:
    start = re.search(r"^  def forward\(", class_body, re.MULTILINE)
    if start is None or len(class_body) > MAX_BODY_LENGTH:
        return None
    text = class_body[start.start() :]
    end = re.search(r"^  (?=\S)", text[3:], re.MULTILINE)
    try:
        statements = ast.parse("class C:\n" + text[: end.start() + 3 if end else None]).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    methods = statements[0].body if isinstance(statements[0], ast.ClassDef) else []
    return methods[0] if methods and isinstance(methods[0], ast.FunctionDef) else None


def _assignments(function: ast.FunctionDef) -> _Assigned:
    """What each name was last assigned: an expression, and which part of it for `a, b = …`."""
    assigned: _Assigned = {}
    for statement in function.body:
        if not isinstance(statement, ast.Assign):
            continue
        target = statement.targets[0]
        if isinstance(target, ast.Name):
            assigned[target.id] = (statement.value, None)
        elif isinstance(target, ast.Tuple):
            for index, each in enumerate(target.elts):
                if isinstance(each, ast.Name):
                    assigned[each.id] = (statement.value, index)
    return assigned


def _dtype(expression: ast.expr, assigned: _Assigned, part: int | None = None) -> Dtype | None:
    for _ in range(MAX_STEPS):  # names may go round in a circle
        if isinstance(expression, ast.Name):
            if expression.id not in assigned:
                return None
            expression, part = assigned[expression.id]
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
