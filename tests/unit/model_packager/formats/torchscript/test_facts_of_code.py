"""The facts of code that torch does not write, or only for unusual models."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from model_packager.dtype import Dtype
from model_packager.formats.torchscript import output_facts as module
from model_packager.formats.torchscript.output_facts import (
    MAX_OUTPUTS,
    UNKNOWN,
    OutputFacts,
    output_facts,
)

INT64 = OutputFacts(Dtype.INT64)
SCALAR = OutputFacts(is_scalar=True)
HEAD = "__torch__.Head"


def argument(position: int) -> OutputFacts:
    return OutputFacts(argument=position)


def method(*lines: str, name: str = "forward", parameters: str = "x, y") -> str:
    typed = "".join(f",\n    {each}: Tensor" for each in parameters.split(", "))
    body = "".join(f"    {line}\n" for line in lines)
    return f"  def {name}(self: C{typed}) -> Tensor:\n{body}"


def facts(
    *lines: str, of: Callable[[str], str | None] = lambda _name: None, fields: str = ""
) -> tuple[OutputFacts, ...]:
    return output_facts(f"class C(Module):\n{fields}{method(*lines)}", of)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["return y"], argument(1)),
        (["return z"], UNKNOWN),
        (["return self"], UNKNOWN),
        (["return torch.clone()"], UNKNOWN),
        (["return torch.view()"], UNKNOWN),
        (["return torch.to()"], UNKNOWN),
        (["return torch.argmax"], UNKNOWN),
        (["return other.argmax(x, 1)"], UNKNOWN),
        (["return (torch.ops).argmax(x, 1)"], UNKNOWN),
        (["return ops.torchvision.nms(x, y, 1)"], INT64),
        (["return ops.torchvision.roi_align(x, y, 1)"], UNKNOWN),
        (["return ops.other.nms(x, y, 1)"], UNKNOWN),
        (["a, b = torch.topk(x, 2)", "return a"], UNKNOWN),
        (["a, b = torch.topk(x, 2)", "return b"], INT64),
        (["a, b, c = torch.topk(x, 2)", "return c"], UNKNOWN),
        (["a, b = torch.unbind(x)", "return b"], UNKNOWN),
        (["a, b = torch.argmax(x, 1)", "return b"], UNKNOWN),
        (["t = (x, torch.argmax(x, 1))", "a, b = t", "return b"], INT64),
        (["t = (x, torch.argmax(x, 1))", "a, b = t", "return a"], argument(0)),
        (["a, b = y", "return b"], UNKNOWN),
        (["return torch.sum(x)"], SCALAR),
        (["return torch.sum(x, dtype=4)"], OutputFacts(Dtype.INT64, is_scalar=True)),
        (["return torch.sum(x, dim=1)"], UNKNOWN),
        (["return torch.sum(x, [1])"], UNKNOWN),
        (["return torch.argmax(x)"], OutputFacts(Dtype.INT64, is_scalar=True)),
        (["return torch.zeros([1])"], UNKNOWN),
        (["return torch.zeros([1], dtype=3)"], OutputFacts(Dtype.INT32)),
        (["return torch.mul(x, dtype=3)"], UNKNOWN),
        (["return torch.zeros([1], dtype=True)"], UNKNOWN),
        (["return torch.quantize_per_channel(x)"], OutputFacts(unsupported="quantized")),
        (["return torch.to(x, 6)"], OutputFacts(Dtype.FP32)),
        (["return torch.to(x, dtype=6)"], OutputFacts(Dtype.FP32)),
        (['return torch.to(x, "cpu", 6)'], OutputFacts(Dtype.FP32)),
        (['return torch.to(x, "cpu", True, 6)'], UNKNOWN),
        (["return torch.to(x, y)"], UNKNOWN),
        (["return torch.to(torch.mean(x), 7)"], OutputFacts(Dtype.FP64, is_scalar=True)),
        (["return torch.to(torch.to_sparse(x), 7)"], OutputFacts(Dtype.FP64, is_sparse=True)),
        (["return torch.view(torch.mean(x), [1])"], UNKNOWN),
        (["return torch.view(torch.argmax(x), [1])"], INT64),
        (["return torch.clone(torch.to_sparse(x))"], OutputFacts(is_sparse=True)),
    ],
)
def test_single_output(lines: list[str], found: OutputFacts) -> None:
    assert facts(*lines) == (found,)


@pytest.mark.parametrize(
    "lines",
    [
        ["t = torch.topk(x, 2)", "a, b = t", "c, d = b", "return d"],
        ["t = (x, y)", "a, b, c = t", "return c"],
    ],
)
def test_part_that_cannot_be_found_leaves_the_outputs_open(lines: list[str]) -> None:
    assert facts(*lines) == ()


def test_outputs_of_a_tuple_are_limited() -> None:
    assert len(facts(f"return ({'x, ' * MAX_OUTPUTS})")) == MAX_OUTPUTS
    assert facts(f"return ({'x, ' * (MAX_OUTPUTS + 1)})") == ()


def head(*lines: str, parameters: str = "x") -> Callable[[str], str | None]:
    """Return a function that finds the class Head with this forward, and no other class."""
    text = f"class Head(Module):\n{method(*lines, parameters=parameters)}"
    return lambda name: text if name == HEAD else None


@pytest.mark.parametrize("called", ["(self.head)", '(getattr(self, "head"))'])
def test_submodule_is_followed(called: str) -> None:
    found = facts(f"return {called}.forward(y)", of=head("return x"), fields=f"  head : {HEAD}\n")
    assert found == (argument(1),)


@pytest.mark.parametrize(
    "called",
    [
        "(x.head)",
        "(other.head)",
        '(getattr(self, "tail"))',
        "(getattr(self, head))",
        '(getattr(self, "head", 1))',
        '(setattr(self, "head"))',
        '(self.getattr(self, "head"))',
        "(self.head())",
        "(self.head.head)",
    ],
)
def test_no_submodule(called: str) -> None:
    found = facts(
        f"return {called}.forward(y)",
        of=head("return torch.argmax(x, 1)"),
        fields=f"  head : {HEAD}\n",
    )
    assert found == (UNKNOWN,)


def test_name_that_the_caller_does_not_pass_stays_open() -> None:
    """The name is not an argument of the model's own forward."""
    for of in (head("return z", parameters="x, z"), head("return y")):
        fields = f"  head : {HEAD}\n"
        assert facts("return (self.head).forward(x)", of=of, fields=fields) == (UNKNOWN,)


def test_method_that_is_missing_stays_open() -> None:
    found = facts("return (self.head).other(x)", of=head("return x"), fields=f"  head : {HEAD}\n")
    assert found == (UNKNOWN,)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["return __torch__.best(x)"], INT64),
        (["f = __torch__.best", "return f(x)"], INT64),
        (["f = g", "g = __torch__.best", "return f(x)"], UNKNOWN),
        (["return torch.best(x)"], UNKNOWN),
        (["return __torch__.other(x)"], UNKNOWN),
    ],
)
def test_function_is_followed(lines: list[str], found: OutputFacts) -> None:
    text = "def best(x: Tensor) -> Tensor:\n  return torch.argmax(x, 1)\n"
    assert facts(*lines, of=lambda name: text if name == "__torch__.best" else None) == (found,)


def test_named_tuple_is_a_tuple() -> None:
    pair = "class Pair(NamedTuple):\n  left : Tensor\n  right : Tensor\n"
    plain = "class Pair(Module):\n  left : Tensor\n"
    for text, found in ((pair, (argument(1), INT64)), (plain, (UNKNOWN,))):
        of = {"__torch__.Pair": text}.get
        assert facts("return __torch__.Pair(y, torch.argmax(x, 1))", of=of) == found


def test_scanned_code_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    of, fields = head("return torch.argmax(x, 1)"), f"  head : {HEAD}\n"
    length = len(of(HEAD) or "")
    for limit, found in ((length, INT64), (length - 1, UNKNOWN)):
        monkeypatch.setattr(module, "MAX_LENGTH", limit)
        assert facts("return (self.head).forward(x)", of=of, fields=fields) == (found,)


def test_steps_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, found in ((2, (argument(0),)), (1, (UNKNOWN,)), (0, ())):
        monkeypatch.setattr(module, "MAX_STEPS", limit)
        assert facts("return x") == found
