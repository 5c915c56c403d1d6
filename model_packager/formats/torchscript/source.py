"""Reads the arguments and results of `forward` from the text of TorchScript's code.

torch prints its code in a dialect of Python: a class starts in column 0, a method in column 2, and
a signature may have several lines. Python's own parser parses only the signature; nothing is
executed. Source: torch/csrc/jit/serialization/python_print.cpp.
"""

import ast
import re
from dataclasses import dataclass

from model_packager.formats.python.bounded_parser import PythonDamaged, parsed
from model_packager.rejection import refusal

MAX_SIGNATURE_LENGTH = 64 * 1024
MAX_SIGNATURE_TOKENS = 10_000
MAX_SIGNATURE_LEVELS = 100
"""ast.unparse needs several levels of Python's stack for each level."""
MAX_RESULTS = 1024
"""The maximum number of fields in a NamedTuple that `forward` returns."""

TEXTS = "List[str]"
"""The type that Triton's PyTorch backend uses for a one-dimensional tensor of text."""


class SourceUnreadable(Exception):
    """The code does not have torch's format."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of `forward`, without `self`.

    Attributes:
        name: the name in the code.
        type: TorchScript's type, such as "Tensor" or "Optional[Tensor]".
    """

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Forward:
    """The signature of `forward`."""

    arguments: tuple[Argument, ...]
    returns: str


def class_body(source: str, name: str) -> str | None:
    """Return the text of one class in a file of code; None if the class is missing."""
    return _definition(source, "class", name)


def function_text(source: str, name: str) -> str | None:
    """Return the text of one function in a file of code; None if the function is missing."""
    return _definition(source, "def", name)


def read_forward(body: str) -> Forward | None:
    """Read the signature of `forward` in a class; None if the class has no such method.

    Raises:
        SourceUnreadable: the signature cannot be parsed.
    """
    start = re.search(r"^  def forward\(", body, re.MULTILINE)
    if start is None:
        return None
    # The lines of a body and of a signature are indented alike, but a signature ends in a colon.
    text = body[start.start() : start.start() + MAX_SIGNATURE_LENGTH]
    end = re.search(r"\) -> [^\n]*:$", text, re.MULTILINE)
    if end is None:
        raise SourceUnreadable("the signature of forward does not end")
    function = _function(text[: end.end()].strip() + " pass")
    plain = function.args
    parameters = [*plain.posonlyargs, *plain.args, *plain.kwonlyargs]
    if plain.vararg or plain.kwarg or not parameters or function.returns is None:
        raise SourceUnreadable("the signature of forward is not one that torch writes")
    return Forward(
        tuple(Argument(each.arg, _type(each.annotation)) for each in parameters[1:]),
        _type(function.returns),
    )


def named_tuple_types(body: str) -> tuple[str, ...]:
    """Read the types of the fields of a `class X(NamedTuple)`.

    Raises:
        SourceUnreadable: there are too many fields.
    """
    types = []
    for field in re.finditer(r"^  \w+ : (.+)$", body, re.MULTILINE):
        types.append(field[1])
        if len(types) > MAX_RESULTS:
            raise SourceUnreadable(f"forward returns more than {MAX_RESULTS:,} results")
    return tuple(types)


def is_named_tuple(body: str) -> bool:
    """Return whether a class is a NamedTuple."""
    return re.match(r"class \w+\(NamedTuple\):", body) is not None


def type_arguments(type_text: str) -> tuple[str, ...] | None:
    """Split `Tuple[Tensor, int]` into its arguments; None if it has no brackets."""
    try:
        statements = parsed(type_text.encode(), MAX_SIGNATURE_TOKENS, MAX_SIGNATURE_LEVELS).body
    except PythonDamaged:
        return None
    match statements:
        case [ast.Expr(value=ast.Subscript(slice=ast.Tuple(elts=arguments)))]:
            return tuple(_type(each) for each in arguments)
        case [ast.Expr(value=ast.Subscript(slice=argument))]:
            return (_type(argument),)
    return None


def _definition(source: str, keyword: str, name: str) -> str | None:
    start = re.search(rf"^{keyword} {re.escape(name)}\(", source, re.MULTILINE)
    if start is None:
        return None
    end = re.search(r"^(?:class|def) ", source[start.end() :], re.MULTILINE)
    return source[start.start() : start.end() + end.start() if end else len(source)]


def _function(text: str) -> ast.FunctionDef:
    try:
        statements = parsed(text.encode(), MAX_SIGNATURE_TOKENS, MAX_SIGNATURE_LEVELS).body
    except PythonDamaged as damage:
        raise SourceUnreadable(f"the signature of forward cannot be parsed: {damage}") from damage
    match statements:
        case [ast.FunctionDef() as function]:
            return function
    raise SourceUnreadable("the signature of forward cannot be parsed")


def _type(annotation: ast.expr | None) -> str:
    # TorchScript omits the annotation if the type is Tensor, the default.
    if annotation is None:
        return "Tensor"
    with refusal(lambda reason: SourceUnreadable(f"a type in the signature of forward: {reason}")):
        return ast.unparse(annotation)
