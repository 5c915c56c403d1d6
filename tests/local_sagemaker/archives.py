"""Small real models, packed as the container expects them."""

from __future__ import annotations

import io
import tarfile
import warnings
from collections.abc import Mapping
from typing import Any

import torch

from tests import onnx_models

LINEAR_CONFIG = """
platform: "pytorch_libtorch"
max_batch_size: 8
input [{ name: "INPUT__0" data_type: TYPE_FP32 dims: [ 4 ] }]
output [{ name: "OUTPUT__0" data_type: TYPE_FP32 dims: [ 3 ] }]
dynamic_batching { max_queue_delay_microseconds: 2000 }
"""


SCALE_CONFIG = """
platform: "onnxruntime_onnx"
max_batch_size: 8
input [{ name: "x" data_type: TYPE_FP32 dims: [ 2 ] }]
output [{ name: "y" data_type: TYPE_FP32 dims: [ 2 ] }]
instance_group [{ count: 1 }]
"""


ROWS_CONFIG = """
platform: "onnxruntime_onnx"
max_batch_size: 0
input [{ name: "x" data_type: TYPE_FP32 dims: [ -1, 4 ] }]
output [{ name: "y" data_type: TYPE_FP32 dims: [ -1, 3 ] }]
"""


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return a model.tar.gz."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return output.getvalue()


def linear(factor: float) -> torch.nn.Linear:
    """Return a Linear(4, 3) that returns `factor` times the sum of its inputs, three times."""
    module = torch.nn.Linear(4, 3)
    with torch.no_grad():
        module.weight.fill_(factor)
        module.bias.zero_()
    return module


def torchscript(module: torch.nn.Module, *example: torch.Tensor) -> bytes:
    """Return a TorchScript file, traced with an example or scripted without one."""
    output = io.BytesIO()
    jit: Any = torch.jit  # its functions are untyped
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch.jit's deprecation warning
        jit.save(
            jit.trace(module, example, check_trace=False) if example else jit.script(module), output
        )
    return output.getvalue()


def state_dict() -> bytes:
    """Return a state_dict, weights without code, which users often mistake for a model file."""
    output = io.BytesIO()
    torch.save(linear(1.0).state_dict(), output)
    return output.getvalue()


def linear_archive(factor: float, config: str = LINEAR_CONFIG) -> bytes:
    """Return an archive with the Linear as the model "linear"."""
    model = torchscript(linear(factor), torch.zeros(1, 4))
    return archive({"linear/1/model.pt": model, "linear/config.pbtxt": config.encode()})


def scale_archive(factor: float, config: str = SCALE_CONFIG) -> bytes:
    """Return an archive with an ONNX model "scale" that multiplies by the factor."""
    model = onnx_models.content(onnx_models.scale(factor))
    return archive({"scale/1/model.onnx": model, "scale/config.pbtxt": config.encode()})


def rows_archive() -> bytes:
    """Return an archive with an ONNX model that sums up each row of four values, three times."""
    model = onnx_models.content(onnx_models.linear(size=4))
    return archive({"linear/1/model.onnx": model, "linear/config.pbtxt": ROWS_CONFIG.encode()})


class EveryType(torch.nn.Module):
    """Returns the inputs in its Dict, one tensor of each type that libtorch has."""

    def forward(
        self, x: dict[str, torch.Tensor]
    ) -> tuple[
        torch.Tensor,
        torch.Tensor,
        torch.Tensor,
        torch.Tensor,
        torch.Tensor,
        torch.Tensor,
        torch.Tensor,
        torch.Tensor,
        torch.Tensor,
    ]:
        return (
            x["BOOL"],
            x["UINT8"],
            x["INT8"],
            x["INT16"],
            x["INT32"],
            x["INT64"],
            x["FP16"],
            x["FP32"],
            x["FP64"],
        )


def every_type_config(types: tuple[str, ...]) -> str:
    """Return a config without batching, with an input named after each type."""

    def entry(name: str, kind: str) -> str:
        return f'{{ name: "{name}" data_type: TYPE_{kind} dims: [ -1, 2 ] }}'

    inputs = ", ".join(entry(kind, kind) for kind in types)
    outputs = ", ".join(entry(f"{kind}__{i}", kind) for i, kind in enumerate(types))
    return f'platform: "pytorch_libtorch"\ninput [{inputs}]\noutput [{outputs}]\n'
