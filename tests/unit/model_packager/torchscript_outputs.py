"""TorchScript models with each kind of output in docs/model-files.md.

tests/local_sagemaker/test_torchscript_outputs.py runs them on Triton.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable


class Returns(nn.Module):
    """A model whose forward is a function."""

    def __init__(self, function: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Any:
        return self.function(x)


class Perhaps(nn.Module):
    def forward(self, x: Tensor) -> Tensor | None:
        return x if bool(x.sum() > 0) else None


def classifier() -> nn.Module:
    """Return a model whose last submodule returns the top class."""
    head = Returns(lambda x: x.argmax(1, keepdim=True))
    return nn.Sequential(nn.Linear(3, 2), nn.Sequential(head))


OUTPUTS: dict[str, Callable[[], nn.Module]] = {
    "float16": lambda: Returns(lambda x: x.half()),
    "float64": lambda: Returns(lambda x: x.double()),
    "the classes of an `argmax` in a submodule": classifier,
    "values and indices of `topk`": lambda: Returns(lambda x: tuple(x.topk(2))),
    "bfloat16": lambda: Returns(lambda x: x.bfloat16()),
    "uint16": lambda: Returns(lambda x: x.to(torch.uint16)),
    "complex numbers": lambda: Returns(torch.fft.fft),
    "quantized": lambda: Returns(lambda x: torch.quantize_per_tensor(x, 0.1, 0, torch.quint8)),
    "sparse": lambda: Returns(lambda x: x.to_sparse()),
    "a scalar": lambda: Returns(lambda x: x.mean()),
    "no elements": lambda: Returns(lambda x: x[:, :0]),
    "2.4 MB": lambda: Returns(lambda x: x.repeat(1, 200_000)),
}
"""Models that are traced with a tensor of shape [1, 3]."""
