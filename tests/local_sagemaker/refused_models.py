"""Model repositories that the real Triton does not load, each for one reason.

tests/unit/functions/workflow/failures/texts has a log for each, with the same name.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import torch

from tests import onnx_models
from tests.local_sagemaker.archives import (
    LINEAR_CONFIG,
    linear,
    state_dict,
    torchscript,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PYTHON_CONFIG = """
backend: "python"
max_batch_size: 8
input [{ name: "x" data_type: TYPE_FP32 dims: [ 4 ] }]
output [{ name: "y" data_type: TYPE_FP32 dims: [ 4 ] }]
"""
PYTHON_GPU = PYTHON_CONFIG + "instance_group [{ count: 1 kind: KIND_GPU }]\n"
ONNX_CONFIG = """
platform: "onnxruntime_onnx"
max_batch_size: 8
input [{ name: "x" data_type: TYPE_FP32 dims: [ 4 ] }]
output [{ name: "y" data_type: TYPE_FP32 dims: [ 3 ] }]
"""
WARM_UP = """
model_warmup [{
  name: "batch of 1"
  batch_size: 1
  inputs { key: "INPUT__0" value { data_type: TYPE_FP32 dims: [ 4 ] zero_data: true } }
}]
"""
OF_FIVE = LINEAR_CONFIG.replace("dims: [ 4 ]", "dims: [ 5 ]")
PYTHON_MODEL = """\
import triton_python_backend_utils as pb_utils
{imports}

class TritonPythonModel:
    def initialize(self, args):
        {initialize}

    def execute(self, requests):
        return []
"""

Files = dict[str, bytes]


def _model(config: str, **files: bytes | str) -> Files:
    named = {"config.pbtxt": config, **files}
    return {
        f"m/{name}": text.encode() if isinstance(text, str) else text
        for name, text in named.items()
    }


def _torch(content: bytes, config: str = LINEAR_CONFIG) -> Files:
    return _model(config, **{"1/model.pt": content})


def _python(initialize: str = "pass", imports: str = "", config: str = PYTHON_CONFIG) -> Files:
    return _model(
        config, **{"1/model.py": PYTHON_MODEL.format(initialize=initialize, imports=imports)}
    )


def _linear() -> bytes:
    return torchscript(linear(1.0), torch.zeros(1, 4))


class _Double(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        doubled: torch.Tensor = torch.ops.refused_models.double(x)
        return doubled


class _Pair(torch.nn.Module):
    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a + b


class _Number(torch.nn.Module):
    def forward(self, x: torch.Tensor, sr: int) -> torch.Tensor:
        return x * sr


class _Best(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.argmax(1, keepdim=True)


class _Mean(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean()


@cache  # PyTorch can register an operator only once
def _with_custom_operator() -> bytes:
    with torch.library._scoped_library("refused_models", "DEF") as library:
        library.define("double(Tensor x) -> Tensor")
        return torchscript(_Double())


def _onnx() -> bytes:
    return onnx_models.content(onnx_models.linear())


def _onnx_with_unknown_operator() -> bytes:
    proto: Any = onnx_models.linear()
    proto.graph.node[0].op_type = "MadeUp"
    content: bytes = proto.SerializeToString()
    return content


REFUSED_MODELS: dict[str, Callable[[], Files]] = {
    "custom-operator": lambda: _torch(_with_custom_operator()),
    "state-dict": lambda: _torch(state_dict()),
    "no-zip": lambda: _torch(b"just some words\n" * 100),
    "truncated": lambda: _torch(_linear()[:-200]),
    "too-few-inputs": lambda: _torch(torchscript(_Pair())),
    "number-argument": lambda: _torch(torchscript(_Number())),
    "no-file": lambda: _model(LINEAR_CONFIG, **{"1/readme.txt": "no model"}),
    "no-version": lambda: _model(LINEAR_CONFIG),
    "syntax": lambda: _torch(_linear(), LINEAR_CONFIG + "\ninput [{ name: "),
    "unknown-field": lambda: _torch(_linear(), LINEAR_CONFIG + "\nmax_batch_sise: 4\n"),
    "unknown-type": lambda: _torch(_linear(), LINEAR_CONFIG.replace("TYPE_FP32", "TYPE_FLOAT")),
    "no-platform": lambda: _model(
        LINEAR_CONFIG.replace('platform: "pytorch_libtorch"', ""),
        **{"1/weights.bin": b"\0"},
    ),
    "unknown-backend": lambda: _model('backend: "my_own"\n', **{"1/model.bin": b"\0"}),
    "another-name": lambda: _torch(_linear(), 'name: "other"\n' + LINEAR_CONFIG),
    "zero-dims": lambda: _torch(_linear(), LINEAR_CONFIG.replace("dims: [ 4 ]", "dims: [ 0 ]")),
    "gpu-wanted": lambda: _python(config=PYTHON_GPU),
    "warm-up": lambda: _torch(_linear(), OF_FIVE + WARM_UP.replace("dims: [ 4 ]", "dims: [ 5 ]")),
    "warm-up-other-dims": lambda: _torch(_linear(), OF_FIVE + WARM_UP),
    "warm-up-output-type": lambda: _torch(torchscript(_Best()), LINEAR_CONFIG + WARM_UP),
    "warm-up-scalar": lambda: _torch(torchscript(_Mean()), LINEAR_CONFIG + WARM_UP),
    "onnx-no-model": lambda: _model(ONNX_CONFIG, **{"1/model.onnx": "no model"}),
    "onnx-operator": lambda: _model(ONNX_CONFIG, **{"1/model.onnx": _onnx_with_unknown_operator()}),
    "onnx-input": lambda: _model(
        ONNX_CONFIG.replace('name: "x"', 'name: "z"'), **{"1/model.onnx": _onnx()}
    ),
    "onnx-dtype": lambda: _model(
        ONNX_CONFIG.replace('name: "x" data_type: TYPE_FP32', 'name: "x" data_type: TYPE_FP16'),
        **{"1/model.onnx": _onnx()},
    ),
    "onnx-dims": lambda: _model(ONNX_CONFIG.replace("[ 3 ]", "[ 7 ]"), **{"1/model.onnx": _onnx()}),
    "python-import": lambda: _python(imports="import transformers_that_nobody_has"),
    "python-raises": lambda: _python('raise RuntimeError("the vocabulary is missing")'),
    "python-file": lambda: _python('open(args["model_repository"] + "/1/vocabulary.txt")'),
    "python-syntax": lambda: _python("return return"),
    "python-no-class": lambda: _model(PYTHON_CONFIG, **{"1/model.py": "x = 1\n"}),
    "python-dies": lambda: _python("import os; os._exit(139)"),
    "python-memory": lambda: _python(
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30)); "
        "self.x = bytearray(8 << 30)"
    ),
    "python-torch-memory": lambda: _python(
        "import resource, torch; resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30)); "
        "self.x = torch.zeros(4 << 30)"
    ),
    "python-numpy-memory": lambda: _python(
        "import numpy; import resource; "
        "resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30)); "
        "self.x = numpy.zeros((1 << 33,), numpy.float32)"
    ),
    "root-config": lambda: {"config.pbtxt": LINEAR_CONFIG.encode(), "1/model.pt": _linear()},
    "empty": lambda: {"readme.txt": b"no model"},
    "two-models": lambda: {**_torch(_linear()), "n/config.pbtxt": b"", "n/1/model.pt": b""},
}

_SEQUENCES = "sequence_batching { max_sequence_idle_microseconds: 5000000 }\n"

SEQUENCES: dict[str, Callable[[], Files]] = {
    "onnxruntime": lambda: _model(ONNX_CONFIG + _SEQUENCES, **{"1/model.onnx": _onnx()}),
    "pytorch": lambda: _torch(_linear(), re.sub("dynamic_batching .*", _SEQUENCES, LINEAR_CONFIG)),
}
"""Models with a setting that Triton's own backends support, and the stand-ins do not."""
