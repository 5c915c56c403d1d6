"""Finds element types, scalars and sparse tensors among the outputs in the code of `forward`.

TorchScript only declares that an output is a Tensor. Triton's PyTorch backend refuses every request
if the config has another element type, so a classifier that ends in argmax could not be served
without a spec. This module follows the returned names through the text that torch prints, into
submodules and functions. It knows the operators whose result type does not depend on their
arguments, and never guesses.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace

from model_packager.dtype import Dtype
from model_packager.formats.torchscript.method_text import MethodText, ParseBudget, attribute_type
from model_packager.formats.torchscript.source import is_named_tuple

_OPERATORS = {
    **dict.fromkeys(("argmax", "argmin", "argsort", "multinomial", "nms", "nonzero"), "INT64"),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge", "isnan", "isinf", "isfinite"), "BOOL"),
    **dict.fromkeys(("logical_and", "logical_or", "logical_not", "logical_xor"), "BOOL"),
}
"""Operators with one result, whose type is always the same (PyTorch documentation)."""

_WITH_INDICES = frozenset({"kthvalue", "max", "median", "min", "mode", "sort", "topk"})
"""Operators that return values and their indices, which are INT64."""

_SAME = frozenset({"clone", "contiguous", "detach"})
"""Operators that return their first argument."""

_RESHAPING = frozenset(
    {
        "expand",
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
"""Operators that return the elements of their first argument in another shape."""

_REDUCING = frozenset(
    {
        *("all", "any", "argmax", "argmin", "logsumexp", "max", "mean", "median", "min"),
        *("norm", "prod", "std", "sum", "var"),
    }
)
"""Operators that return a scalar if a tensor is their only argument."""

_NMS = ("torchvision", "nms")
_FACTORIES = frozenset({"arange", "empty", "full", "ones", "rand", "randn", "zeros"})
_COMPLEX = frozenset(
    {
        *("complex", "polar", "view_as_complex", "fft_fft", "fft_fft2", "fft_fftn", "fft_ifft"),
        *("fft_ifft2", "fft_ifftn", "fft_rfft", "fft_rfft2", "fft_rfftn", "fft_hfft2"),
    }
)
_SPARSE = frozenset(
    {"to_sparse", "to_sparse_csr", "to_sparse_csc", "to_sparse_bsr", "sparse_coo_tensor"}
)

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

_OTHER_SCALAR_TYPES = {
    **dict.fromkeys((8, 9, 10), "complex"),
    **dict.fromkeys((12, 13, 14), "quantized"),
    15: "bfloat16",
    **dict.fromkeys((23, 24, 25, 26), "float8"),
    27: "uint16",
    28: "uint32",
    29: "uint64",
}

MAX_STEPS = 300
"""The maximum number of names to follow, because names may form a cycle."""

MAX_LENGTH = 2 * 1024 * 1024
"""The maximum characters of all scanned classes and functions."""

MAX_OUTPUTS = 1024

TextOf = Callable[[str], str | None]
"""Returns the text of a class or function by its qualified name, such as "__torch__.Head"."""


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """The facts about one output.

    Attributes:
        dtype: its element type; None if unknown.
        unsupported: an element type that Triton's PyTorch backend does not support, such as
            "bfloat16".
        is_scalar: whether it has no dimensions.
        is_sparse: whether it is a sparse tensor.
        argument: the position of the argument of `forward` that has the same element type.
    """

    dtype: Dtype | None = None
    unsupported: str | None = None
    is_scalar: bool = False
    is_sparse: bool = False
    argument: int | None = None


UNKNOWN = OutputFacts()


def output_facts(class_text: str, text_of: TextOf = lambda _name: None) -> tuple[OutputFacts, ...]:
    """Return the facts about each output of `forward`; empty if there are none.

    Only the statements that lead to an output are parsed, one at a time.

    Args:
        class_text: the text of the class that has the method.
        text_of: finds the classes of submodules, and functions.
    """
    reader = _Reader(text_of)
    return reader.outputs(_Frame(MethodText(class_text, "forward", reader.budget), None, {}))


@dataclass(frozen=True)
class _Frame:
    """A call: its method, the frame of the caller, and the arguments there, by name."""

    method: MethodText
    caller: "_Frame | None"
    arguments: dict[str, ast.expr]


_Place = tuple[ast.expr, _Frame, int | None]
"""An expression, the frame of its names, and the index of a part if it is a tuple."""


class _Reader:
    def __init__(self, text_of: TextOf) -> None:
        self.budget = ParseBudget()
        self._text_of = text_of
        self._steps = MAX_STEPS
        self._methods: dict[tuple[str, str], MethodText] = {}
        self._length_left = MAX_LENGTH

    def outputs(self, frame: _Frame) -> tuple[OutputFacts, ...]:
        returned = frame.method.returned()
        if returned is None:
            return ()
        place = self._origin((returned, frame, None))
        if place is None:
            return ()
        parts = self._parts(place) or (place,)
        if len(parts) > MAX_OUTPUTS:
            return ()
        return tuple(self._facts(part) for part in parts)

    def _facts(self, place: _Place) -> OutputFacts:
        found = self._origin(place)
        if found is None:
            return UNKNOWN
        expression, frame, part = found
        if isinstance(expression, ast.Name):
            known = frame.caller is None and part is None
            names = frame.method.parameters[1:]
            position = names.index(expression.id) if known and expression.id in names else None
            return OutputFacts(argument=position)
        operator, arguments, keywords = _call(expression)
        first: _Place | None = (arguments[0], frame, None) if arguments else None
        if part is not None or operator is None:
            indices = part == 1 and operator in _WITH_INDICES
            return OutputFacts(dtype=Dtype.INT64) if indices else UNKNOWN
        if "out" in keywords:  # converts the result to the type of that tensor
            return UNKNOWN
        if first is not None and operator in _SAME:
            return self._facts(first)
        if first is not None and operator in _RESHAPING:
            return replace(self._facts(first), is_scalar=False, is_sparse=False)
        if first is not None and operator == "to":
            # Other keywords, such as memory_format, are numbers, too.
            named = _typed(_type_number([*arguments[1:3], keywords.get("dtype")]))
            source = self._facts(first)
            return replace(named, is_scalar=source.is_scalar, is_sparse=source.is_sparse)
        return _of_operator(operator, arguments, keywords)

    def _origin(self, place: _Place) -> _Place | None:
        """Follow names, parts of tuples and calls to an operator or an argument of forward."""
        expression, frame, part = place
        while self._steps > 0:
            self._steps -= 1
            if isinstance(expression, ast.Name):
                assigned = frame.method.assigned(expression.id)
                if assigned is not None:
                    expression, inner = assigned
                    if inner is not None and part is not None:
                        return None
                    part = part if inner is None else inner
                elif frame.caller is not None and expression.id in frame.arguments:
                    expression, frame = frame.arguments[expression.id], frame.caller
                else:
                    return expression, frame, part
                continue
            elements = self._parts((expression, frame, None)) if part is not None else None
            if elements is not None and part is not None:
                if part >= len(elements):
                    return None
                (expression, frame, part) = elements[part]
                continue
            called = self._called(expression, frame)
            returned = called.method.returned() if called else None
            if called is None or returned is None:
                return expression, frame, part
            expression, frame = returned, called
        return None

    def _parts(self, place: _Place) -> tuple[_Place, ...] | None:
        """Return the parts of a tuple or NamedTuple; None for anything else."""
        expression, frame, part = place
        if part is not None:
            return None
        if isinstance(expression, ast.Tuple):
            return tuple((each, frame, None) for each in expression.elts)
        if isinstance(expression, ast.Call):
            name = self._qualified(expression.func, frame)
            text = self._text_of(name) if name else None
            if text is not None and is_named_tuple(text):
                return tuple((each, frame, None) for each in expression.args)
        return None

    def _called(self, expression: ast.expr, frame: _Frame) -> _Frame | None:
        """Return the frame of a call of a submodule's method, or of a function in the code."""
        if not isinstance(expression, ast.Call):
            return None
        function = expression.func
        name = self._qualified(function, frame)
        if name is not None:
            method, text = name.rpartition(".")[2], self._text_of(name)
        elif isinstance(function, ast.Attribute):
            method, text = function.attr, self._class_of(function.value, frame)
        else:
            return None
        if text is None:
            return None
        found = self._method(text, method)
        if found is None:
            return None
        names = found.parameters[1:] if name is None else found.parameters
        return _Frame(found, frame, dict(zip(names, expression.args, strict=False)))

    def _method(self, text: str, name: str) -> MethodText | None:
        """Return a method, cached; None beyond MAX_LENGTH."""
        if (text, name) not in self._methods:
            self._length_left -= len(text)
            if self._length_left < 0:
                return None
            self._methods[text, name] = MethodText(text, name, self.budget)
        return self._methods[text, name]

    def _qualified(self, expression: ast.expr, frame: _Frame) -> str | None:
        """Return a name such as "__torch__.torch.nn.functional.softmax", or a variable's value."""
        if isinstance(expression, ast.Name):
            assigned = frame.method.assigned(expression.id)
            if assigned is None or isinstance(assigned[0], ast.Name):
                return None
            expression = assigned[0]
        names: list[str] = []
        while isinstance(expression, ast.Attribute):
            names.append(expression.attr)
            expression = expression.value
        if isinstance(expression, ast.Name) and expression.id == "__torch__":
            return ".".join(("__torch__", *reversed(names)))
        return None

    def _class_of(self, expression: ast.expr, frame: _Frame) -> str | None:
        """Return the text of the class of `self`, `self.head` or `getattr(self, "1")`."""
        attributes: list[str] = []
        while self._steps > 0:
            self._steps -= 1
            if isinstance(expression, ast.Name):
                assigned = frame.method.assigned(expression.id)
                if assigned is None:
                    break
                expression = assigned[0]
            elif isinstance(expression, ast.Attribute):
                attributes.append(expression.attr)
                expression = expression.value
            else:
                name = _getattr(expression)
                if name is None or not isinstance(expression, ast.Call):
                    return None
                attributes.append(name)
                expression = expression.args[0]
        if not isinstance(expression, ast.Name) or expression.id not in frame.method.parameters[:1]:
            return None
        text: str | None = frame.method.text
        for attribute in reversed(attributes):
            name = attribute_type(text, attribute) if text else None
            text = self._text_of(name) if name else None
        return text


def _getattr(expression: ast.expr) -> str | None:
    if (
        isinstance(expression, ast.Call)
        and isinstance(expression.func, ast.Name)
        and expression.func.id == "getattr"
        and len(expression.args) == 2
        and isinstance(expression.args[1], ast.Constant)
    ):
        return str(expression.args[1].value)
    return None


def _call(expression: ast.expr) -> tuple[str | None, list[ast.expr], dict[str, ast.expr]]:
    """Split `torch.name(…)` or `ops.torchvision.nms(…)`; the name is None for anything else."""
    if isinstance(expression, ast.Call) and isinstance(expression.func, ast.Attribute):
        of = expression.func.value
        if isinstance(of, ast.Attribute) and (of.attr, expression.func.attr) == _NMS:
            return "nms", expression.args, {}
        if isinstance(of, ast.Name) and of.id == "torch":
            keywords = {each.arg: each.value for each in expression.keywords if each.arg}
            return expression.func.attr, expression.args, keywords
    return None, [], {}


def _of_operator(
    operator: str, arguments: list[ast.expr], keywords: dict[str, ast.expr]
) -> OutputFacts:
    is_scalar = operator in _REDUCING and len(arguments) == 1 and keywords.keys() <= {"dtype"}
    if operator in _OPERATORS:
        return OutputFacts(dtype=Dtype(_OPERATORS[operator]), is_scalar=is_scalar)
    if operator in _COMPLEX:
        return OutputFacts(unsupported="complex")
    if operator in _SPARSE:
        return OutputFacts(is_sparse=True)
    if operator in ("quantize_per_tensor", "quantize_per_channel"):
        return OutputFacts(unsupported="quantized")
    named = UNKNOWN
    if operator in _FACTORIES or operator in _REDUCING:
        named = _typed(_type_number([keywords.get("dtype")]))
    return replace(named, is_scalar=is_scalar)


def _type_number(arguments: list[ast.expr | None]) -> int | None:
    for argument in arguments:
        if isinstance(argument, ast.Constant) and type(argument.value) is int:
            return argument.value
    return None


def _typed(number: int | None) -> OutputFacts:
    if number is None:
        return UNKNOWN
    return OutputFacts(_SCALAR_TYPES.get(number), _OTHER_SCALAR_TYPES.get(number))
