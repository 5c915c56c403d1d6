"""Held against what the model really returns: what is read is right, or nothing is read."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from model_packager.dtype import OF_TORCH_DTYPE, Dtype
from model_packager.formats.torchscript.output_dtypes import output_dtypes

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


def class_body(script: Any) -> str:
    file = io.BytesIO()
    jit.save(script, file)
    with zipfile.ZipFile(file) as archive:
        code = [
            name
            for name in archive.namelist()
            if name.endswith(".py") and "Calls" in archive.read(name).decode()
        ]
        return archive.read(code[0]).decode()


@pytest.mark.filterwarnings("ignore:`torch.jit")
@pytest.mark.parametrize(
    ("function", "seen"),
    [
        (lambda x: x.argmax(1), [Dtype.INT64]),
        (lambda x: x.argmax(1).unsqueeze(0).reshape(-1), [Dtype.INT64]),
        (lambda x: x.softmax(1).topk(3), [None, Dtype.INT64]),
        (lambda x: x.max(1), [None, Dtype.INT64]),
        (lambda x: (x, x > 0), [None, Dtype.BOOL]),
        (lambda x: torch.isnan(x), [Dtype.BOOL]),
        (lambda x: x.to(torch.float64), [Dtype.FP64]),
        (lambda x: x.half(), [Dtype.FP16]),
        (lambda x: (x * 255).to(torch.uint8), [Dtype.UINT8]),
        (lambda x: (x > 0).sum(1), [None]),
        (lambda x: x * 2, [None]),
    ],
)
def test_read_type_is_the_real_one(
    function: Callable[[Tensor], Any], seen: list[Dtype | None]
) -> None:
    read = list(output_dtypes(class_body(jit.trace(Calls(function), X))))
    assert read == seen
    outputs = function(X)
    real = [OF_TORCH_DTYPE[str(each.dtype)] for each in (outputs if len(seen) > 1 else [outputs])]
    assert all(one in (None, other) for one, other in zip(read, real, strict=True))


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
def test_unreadable_types_stay_open(text: str) -> None:
    assert output_dtypes(text) == ()


def method(name: str, *lines: str) -> str:
    head = f"  def {name}(self: C,\n    x: Tensor) -> Tensor:\n"
    return head + "".join(f"    {line}\n" for line in lines)


def test_names_that_go_round_in_a_circle_end() -> None:
    circle = method("forward", "a = torch.view(b, [1])", "b = torch.view(a, [1])", "return a")
    assert output_dtypes("class C(Module):\n" + circle) == (None,)


def test_only_forward_is_read() -> None:
    forward = method("forward", "_0 = torch.mul(x, 2)", "return _0")
    other = method("other", "_0 = torch.argmax(x, 1)", "return _0")
    assert output_dtypes("class C(Module):\n" + forward + other) == (None,)
