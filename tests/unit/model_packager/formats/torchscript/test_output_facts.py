"""The facts from the code agree with the model's real outputs, or there are no facts."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from model_packager.dtype import OF_TORCH_DTYPE, Dtype
from model_packager.formats.torchscript.archive import read_torchscript
from model_packager.formats.torchscript.output_facts import UNKNOWN, OutputFacts, output_facts
from model_packager.formats.torchscript.signature import resolve_signature
from model_packager.rejection import ModelRejected
from model_packager.spec.deploy_spec import DeploySpec
from tests.unit.model_packager.model_files import suppresses

if TYPE_CHECKING:
    from collections.abc import Callable

jit: Any = torch.jit
X = torch.randn(2, 6)


class Calls(nn.Module):
    """A model whose forward is a function."""

    def __init__(self, function: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Any:
        return self.function(x)


def facts_of(script: Any) -> tuple[OutputFacts, ...]:
    file = io.BytesIO()
    jit.save(script, file)
    return read_torchscript(file).outputs


def real_facts(outputs: Any) -> list[OutputFacts]:
    """Return the facts of the model's real outputs, from torch."""
    return [
        OutputFacts(
            dtype=OF_TORCH_DTYPE.get(str(each.dtype)),
            unsupported=UNSUPPORTED.get(each.dtype),
            is_scalar=each.dim() == 0,
            is_sparse=each.layout is not torch.strided,
        )
        for each in (outputs if isinstance(outputs, tuple) else (outputs,))
    ]


UNSUPPORTED = {
    torch.bfloat16: "bfloat16",
    torch.uint16: "uint16",
    torch.complex64: "complex",
    torch.complex128: "complex",
    torch.quint8: "quantized",
}


def assert_true(read: tuple[OutputFacts, ...], outputs: Any) -> None:
    """Assert that no fact from the code is wrong."""
    real = real_facts(outputs)
    assert len(read) == len(real)
    for one, other in zip(read, real, strict=True):
        assert one.dtype in (None, other.dtype)
        assert one.unsupported in (None, other.unsupported)
        assert not one.is_scalar or other.is_scalar
        assert not one.is_sparse or other.is_sparse


INT64, SCALAR = OutputFacts(Dtype.INT64), OutputFacts(is_scalar=True)
ARGUMENT = OutputFacts(argument=0)


class Head(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.argmax(1, keepdim=True)


class Squeezed(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.squeeze(1).clone()


class Best(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        values, indices = x.topk(2)
        return values, indices


class Out(NamedTuple):
    scores: Tensor
    classes: Tensor


class Named(nn.Module):
    def forward(self, x: Tensor) -> Out:
        return Out(x, x.argmax(1))


class Branches(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = x.argmax(1, keepdim=True)
        for _ in range(2):
            y = y.half()
        return y


class Early(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.size(0) > 1:
            return x
        return x.argmax(1, keepdim=True)


class ChannelsLast(nn.Module):
    """torch prints `torch.to(x, dtype=None, …, memory_format=2)`."""

    def forward(self, x: Tensor) -> Tensor:
        return x.to(device=x.device, memory_format=torch.channels_last)


class Into(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.eq(x, x, out=torch.zeros_like(x))


class Helper(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return self.best(x, 1)

    def best(self, x: Tensor, dim: int) -> Tensor:
        return largest(x, dim)


def largest(x: Tensor, dim: int) -> Tensor:
    return x.argmax(dim)


def body(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(6, 5), *layers)


@pytest.mark.parametrize("method", ["trace", "script"])
@pytest.mark.parametrize(
    ("module", "seen"),
    [
        (body(Head()), [INT64]),
        (body(Head(), Squeezed()), [INT64]),
        (body(nn.Sequential(nn.Linear(5, 5), Head())), [INT64]),
        (body(Best()), [UNKNOWN, INT64]),
        (Helper(), [INT64]),
        (Named(), [ARGUMENT, INT64]),
        (Squeezed(), [ARGUMENT]),
    ],
)
def test_submodules_and_functions_are_followed(
    module: nn.Module, seen: list[OutputFacts], method: str
) -> None:
    if method == "trace":
        script = jit.trace(module.eval(), X, check_trace=False, strict=False)
    else:
        script = jit.script(module.eval())
    read = facts_of(script)
    assert list(read) == seen
    assert_true(read, tuple(script(X)) if len(seen) > 1 else script(X))


@pytest.mark.parametrize("module", [ChannelsLast(), Into()])
def test_type_is_neither_another_keyword_nor_hidden_by_out(module: nn.Module) -> None:
    picture = torch.randn(1, 3, 4, 4)
    script = jit.script(module)
    read = facts_of(script)
    assert read == (UNKNOWN,)
    assert_true(read, script(picture))


@pytest.mark.parametrize("module", [Branches(), Early()])
def test_loops_and_branches_stay_open(module: nn.Module) -> None:
    assert facts_of(jit.script(module)) in ((UNKNOWN,), ())


@pytest.mark.filterwarnings(
    "ignore:`torch.jit", "ignore:Sparse", "ignore:.*[Cc]omplex", "ignore:torch.quantize"
)
@pytest.mark.parametrize(
    ("function", "seen"),
    [
        (lambda x: x.argmax(1), [INT64]),
        (lambda x: x.argmax(1).unsqueeze(0).reshape(-1), [INT64]),
        (lambda x: x.softmax(1).topk(3), [UNKNOWN, INT64]),
        (lambda x: x.max(1), [UNKNOWN, INT64]),
        (lambda x: (x.clone(), x > 0), [ARGUMENT, OutputFacts(Dtype.BOOL)]),
        (lambda x: torch.isnan(x), [OutputFacts(Dtype.BOOL)]),
        (lambda x: x.to(torch.float64), [OutputFacts(Dtype.FP64)]),
        (lambda x: x.half(), [OutputFacts(Dtype.FP16)]),
        (lambda x: (x * 255).to(torch.uint8), [OutputFacts(Dtype.UINT8)]),
        (lambda x: (x > 0).sum(1), [UNKNOWN]),
        (lambda x: torch.bincount(x.argmax(1), x[:, 0]), [UNKNOWN]),
        (lambda x: x * 2, [UNKNOWN]),
        (lambda x: torch.zeros(2, 3, dtype=torch.int32), [OutputFacts(Dtype.INT32)]),
        (lambda x: x.mean(), [SCALAR]),
        (lambda x: x.sum().clone(), [SCALAR]),
        (lambda x: x.mean().double(), [OutputFacts(Dtype.FP64, is_scalar=True)]),
        (lambda x: x.argmax(), [OutputFacts(Dtype.INT64, is_scalar=True)]),
        (lambda x: x.mean().reshape(1), [UNKNOWN]),
        (lambda x: x.mean(1), [UNKNOWN]),
        (lambda x: x.bfloat16(), [OutputFacts(unsupported="bfloat16")]),
        (lambda x: x.to(torch.uint16), [OutputFacts(unsupported="uint16")]),
        (lambda x: torch.fft.fft(x), [OutputFacts(unsupported="complex")]),
        (lambda x: torch.fft.fft(x).abs(), [UNKNOWN]),
        (lambda x: x.to_sparse(), [OutputFacts(is_sparse=True)]),
        (lambda x: x.to_sparse().to_dense(), [UNKNOWN]),
        (
            lambda x: torch.quantize_per_tensor(x, 0.1, 0, torch.quint8),
            [OutputFacts(unsupported="quantized")],
        ),
    ],
)
def test_read_facts_are_the_real_ones(
    function: Callable[[Tensor], Any], seen: list[OutputFacts]
) -> None:
    read = facts_of(jit.trace(Calls(function), X, check_trace=False))
    assert list(read) == seen
    outputs = function(X)
    assert_true(read, tuple(outputs) if len(seen) > 1 else outputs)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "class C(Module):\n",
        "class C(Module):\n  def forward(self) -> None:\n    pass\n",
        "class C(Module):\n  def forward(self, x: Tensor) -> Tensor:\n    return (((\n",
        "class C(Module):\n  def forward(self, x: Tensor) -> Tensor:\n"
        + "    return "
        + "(" * 5000,
    ],
)
def test_unreadable_code_stays_open(text: str) -> None:
    assert output_facts(text) == ()


def method(name: str, *lines: str) -> str:
    head = f"  def {name}(self: C,\n    x: Tensor) -> Tensor:\n"
    return head + "".join(f"    {line}\n" for line in lines)


def test_names_that_go_round_in_a_circle_end() -> None:
    circle = method("forward", "a = torch.view(b, [1])", "b = torch.view(a, [1])", "return a")
    assert output_facts("class C(Module):\n" + circle) == (UNKNOWN,)


def test_a_module_that_calls_itself_ends_in_bounded_work() -> None:
    lines = [f"_{number} = torch.mul(x, {number})" for number in range(30_000)]
    recursion = method("forward", *lines, "a = self.a", "return (a).forward(x, )")
    text = f"class C(Module):\n  a : __torch__.C\n{recursion}"
    started = time.process_time()
    assert output_facts(text, lambda _name: text) in ((), (UNKNOWN,))
    assert time.process_time() - started < 1


def test_only_forward_is_read() -> None:
    forward = method("forward", "_0 = torch.mul(x, 2)", "return _0")
    other = method("other", "_0 = torch.argmax(x, 1)", "return _0")
    assert output_facts("class C(Module):\n" + forward + other) == (UNKNOWN,)


@pytest.mark.filterwarnings(
    "ignore:`torch.jit", "ignore:Sparse", "ignore:.*[Cc]omplex", "ignore:torch.quantize"
)
@pytest.mark.parametrize(
    ("refused", "advice", "function"),
    [
        (lambda x: x.bfloat16(), "x.float()", lambda x: x.bfloat16().float()),
        (
            lambda x: x.to(torch.uint16),
            "x.to(torch.int64)",
            lambda x: x.to(torch.uint16).to(torch.int64),
        ),
        (torch.fft.fft, "torch.view_as_real(x)", lambda x: torch.view_as_real(torch.fft.fft(x))),
        (lambda x: x.to_sparse(), "x.to_dense()", lambda x: x.to_sparse().to_dense()),
        (lambda x: x.mean(), "x.mean(1, keepdim=True)", lambda x: x.mean(1, keepdim=True)),
        (
            lambda x: torch.quantize_per_tensor(x, 0.1, 0, torch.quint8),
            "x.dequantize()",
            lambda x: torch.quantize_per_tensor(x, 0.1, 0, torch.quint8).dequantize(),
        ),
    ],
)
def test_model_that_follows_the_advice_is_accepted(
    refused: Callable[[Tensor], Any], advice: str, function: Callable[[Tensor], Any]
) -> None:
    def inspected(returns: Callable[[Tensor], Any]) -> tuple[Any, ...]:
        file = io.BytesIO()
        jit.save(jit.trace(Calls(returns), X[:1], check_trace=False), file)
        return resolve_signature(read_torchscript(file), DeploySpec()).outputs

    with pytest.raises(ModelRejected) as caught:
        inspected(refused)
    assert advice in caught.value.fix
    (output,) = inspected(function)
    assert output.dtype == OF_TORCH_DTYPE[str(function(X).dtype)]


@pytest.mark.slow  # it imports torchvision
def test_suppressed_boxes_are_indices() -> None:
    assert facts_of(jit.script(suppresses())) == (INT64,)
