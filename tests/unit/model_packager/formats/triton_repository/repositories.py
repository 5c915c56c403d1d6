"""Small model repositories, as archives."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from model_packager.formats.triton_repository.format import REPOSITORY
from model_packager.inspection import Inspection, inspect_model
from model_packager.sagemaker.triton_image import newest_release
from tests import onnx_models
from tests.unit.model_packager.formats.archives.raw_tar import gzipped, member
from tests.unit.model_packager.model_files import linear, torch_saved, traced

Files = dict[str, bytes | str]

IO = """\
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 3 ] } ]
"""
ONNX_CONFIG = 'platform: "onnxruntime_onnx"\n' + IO
TORCH_CONFIG = 'platform: "pytorch_libtorch"\n' + IO.replace("[ 4 ]", "[ 3 ]")
PYTHON_CONFIG = 'backend: "python"\n' + IO
CODE = """\
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [pb_utils.InferenceResponse([]) for _ in requests]
"""


@cache
def onnx() -> bytes:
    """Return a model from FP32 x [batch, 4] to FP32 y [batch, 3]."""
    return onnx_models.content(onnx_models.linear())


@cache
def torchscript() -> bytes:
    """Return a model from FP32 input [batch, 3] to one output."""
    return traced(linear())


@cache
def state_dict() -> bytes:
    return torch_saved(linear().state_dict())


def onnx_model(config: str | None = ONNX_CONFIG, **more: bytes | str) -> Files:
    return _model(config, {"1/model.onnx": onnx()}, more)


def torch_model(config: str | None = TORCH_CONFIG, **more: bytes | str) -> Files:
    return _model(config, {"1/model.pt": torchscript()}, more)


def python_model(config: str | None = PYTHON_CONFIG, code: str = CODE, **more: str) -> Files:
    return _model(config, {"1/model.py": code}, more)


def _model(config: str | None, files: Files, more: dict[str, Any]) -> Files:
    return {**({} if config is None else {"config.pbtxt": config}), **files, **more}


def archive(models: dict[str, Files], folders: tuple[str, ...] = ()) -> bytes:
    """Pack the files of each model, and empty folders."""
    return gzipped(
        *(member(folder, kind=b"5") for folder in folders),
        *(
            member(f"{model}/{path}", text.encode() if isinstance(text, str) else text)
            for model, files in models.items()
            for path, text in files.items()
        ),
    )


def inspected(
    content: bytes, name: str = "drop", spec: str | None = None, **more: Any
) -> Inspection:
    options = {
        "labels": None,
        "instance_type": "ml.g4dn.xlarge",
        "model_format": REPOSITORY,
        "release": newest_release(),
    } | more
    return inspect_model(io.BytesIO(content), name, spec=spec, **options)
