"""Small real models for the workflow tests."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torchvision.ops import nms, roi_align

from tests import onnx_models

if TYPE_CHECKING:
    from pathlib import Path

ROWS = np.array([[1, 2, 3, 4], [0, -1, 0.5, 2]], np.float32)

# torch.jit is untyped, and warns that torch.export replaces it.
jit: Any = torch.jit
warnings.filterwarnings("ignore", "`torch.jit", FutureWarning)


class Pair(torch.nn.Module):
    """FP32 [2, 5] and INT64 [2, 5] to FP32 [2, 5] and INT64 [1]."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return left + right.to(torch.float32), torch.tensor([left.numel()])


class Scale(torch.nn.Module):
    """FP32 [N, 2] to FP32 [N, 2], multiplied by a factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor


class Choice(torch.nn.Module):
    """FP32 [N, 6] to the index of the largest value, INT64 [N]."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.argmax(1)


class Embedding(torch.nn.Module):
    """INT64 [N, 5] and FP32 [N, 5] to a tuple of FP32 [N, 4], and its indices by size, INT64."""

    def __init__(self) -> None:
        super().__init__()
        self.words = torch.nn.Embedding(10, 4)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        values, indices = (self.words(ids) * mask.unsqueeze(-1)).mean(1).sort(1)
        return values, indices


class Forgetful(torch.nn.Module):
    """FP32 [N, 64] to FP32 [N, 3], with dropout before the last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = torch.nn.Dropout(0.5)
        self.last = torch.nn.Linear(64, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values: torch.Tensor = self.last(self.dropout(x))
        return values


class Normalized(torch.nn.Module):
    """FP32 [N, 3, 8] to FP32 [N, 3, 8], normalized over the batch in training mode."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values: torch.Tensor = self.norm(x)
        return values


class Scored(torch.nn.Module):
    """FP32 [N, 4] to its softmax, FP32 [N, 4], and the index of the largest value, INT64 [N, 1]."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.softmax(1), x.argmax(1, keepdim=True)


class OneAtATime(torch.nn.Module):
    """FP32 [1, 3, 2] to FP32 [1, 6]. Because it is traced, it accepts no other batch size."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(x.shape[0], -1)


class Product(torch.nn.Module):
    """FP32 [3, 5] and FP32 [5, 3] to FP32 [3, 3], without a batch dimension."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return left @ right


class Detector(torch.nn.Module):
    """FP32 [N, 3, 64, 64] to the four brightest boxes that overlap little, FP32 [N, 4, 4]."""

    def __init__(self) -> None:
        super().__init__()
        at = torch.arange(0.0, 64.0, 8.0)
        corners = torch.cartesian_prod(at, at).flip(1)
        self.boxes = torch.nn.Parameter(torch.cat((corners, corners + 10), 1), False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: list[torch.Tensor] = []
        for picture in x:
            pooled = roi_align(picture.unsqueeze(0), [self.boxes], [1, 1])
            kept = nms(self.boxes, pooled.flatten(1).mean(1), 0.01)
            found.append(self.boxes[kept[:4]])
        return torch.stack(found)


def batched_linear() -> torch.nn.Module:
    """FP32 [N, 4] to FP32 [N, 3]."""
    torch.manual_seed(0)
    return torch.nn.Linear(4, 3).eval()


def traced_linear(module: torch.nn.Module) -> Any:
    """Return TorchScript that contains the shape it was traced with."""
    return jit.trace(module, torch.zeros(1, 4))


def traced_scale(factor: float) -> Any:
    """Return a traced model. An infinite factor gives infinite outputs."""
    return jit.trace(Scale(factor), torch.zeros(1, 2))


def traced(module: torch.nn.Module, *example: torch.Tensor) -> Any:
    return jit.trace(module.eval(), example)


def traced_in_training(module: torch.nn.Module, *example: torch.Tensor) -> Any:
    """Return a model traced without eval(), so that the trace keeps the training mode."""
    return jit.trace(module.train(), example, check_trace=False)


def scripted(module: torch.nn.Module) -> Any:
    return jit.script(module.eval())


def frozen(module: torch.nn.Module) -> Any:
    """Return a scripted model whose weights are constants, so it has no parameters."""
    return jit.freeze(jit.script(module.eval()))


def quantized(module: torch.nn.Module, *example: torch.Tensor) -> Any:
    """Return a traced model with 8-bit weights in the linear layers."""
    smaller: Any = torch.ao.quantization.quantize_dynamic  # it is untyped
    return traced(smaller(module.eval(), {torch.nn.Linear}), *example)


def scripted_pair() -> Any:
    """Return a scripted model, which has no traced shapes."""
    return jit.script(Pair())


def save_scale(factor: float, path: Path) -> Path:
    """Save an ONNX model from FP32 x [N, 2] to y, which is x times a factor.

    It starts four times faster than TorchScript, in a tenth of the memory.
    """
    path.write_bytes(onnx_models.content(onnx_models.scale(factor)))
    return path


def save(script: Any, path: Path, *labels: str) -> Path:
    extra = {"labels.txt": "\n".join(labels)} if labels else {}
    jit.save(script, str(path), _extra_files=extra)
    return path


def load(path: Path) -> Any:
    return jit.load(str(path))


PYTHON_SPEC = """\
max_batch_size: 8
inputs: [{name: x, dtype: FP32, dims: [2]}]
outputs: [{name: y, dtype: FP32, dims: [2]}]
"""

NO_STAGING = "rollout: {staging: false}\n"
"""For tests that do not need staging, because a staging endpoint doubles the time of an update."""


def python_scale(factor: str) -> str:
    """Return a model.py from FP32 [N, 2] to FP32 [N, 2], multiplied by a Python expression.

    This is the cheapest real model: it starts in half a second, without torch. An expression that
    raises, such as `1 / 0`, makes every response a 500.
    """
    return f"""\
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        tensors = [pb_utils.get_input_tensor_by_name(each, "x").as_numpy() for each in requests]
        scaled = [(each * ({factor})).astype("float32") for each in tensors]
        return [
            pb_utils.InferenceResponse(output_tensors=[pb_utils.Tensor("y", each)])
            for each in scaled
        ]
"""


def linear_drop(folder: Path, settings: str) -> tuple[Path, Path, Path, np.ndarray[Any, Any]]:
    """Write an ONNX model, its deploy.yaml and its golden sample.

    Return the paths and the output.
    """
    model, spec, sample = folder / "model.onnx", folder / "deploy.yaml", folder / "sample"
    model.write_bytes(onnx_models.content(onnx_models.linear()))
    spec.write_text(settings)
    sample.mkdir()
    np.save(sample / "input.npy", ROWS)
    expected = np.repeat(ROWS.sum(1, keepdims=True), 3, axis=1)
    np.save(sample / "expected.npy", expected)
    return model, spec, sample, expected
