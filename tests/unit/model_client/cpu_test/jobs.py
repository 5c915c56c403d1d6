"""Jobs for small models, in a folder like the one that Run Model downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model_client.cpu_test.result import Job
from model_packager.dtype import Dtype
from model_packager.signature import Signature, Tensor
from model_packager.spec.smoke_test_spec import SmokeTest
from tests import onnx_models

if TYPE_CHECKING:
    from pathlib import Path


def tensor(name: str, *dims: int, dtype: Dtype = Dtype.FP32) -> Tensor:
    return Tensor(name=name, dtype=dtype, dims=dims)


def signature(
    inputs: tuple[Tensor, ...] = (tensor("x", 4),),
    outputs: tuple[Tensor, ...] = (tensor("y", 3),),
    max_batch_size: int = 8,
) -> Signature:
    """Return a signature, by default of `onnx_models.linear()`."""
    return Signature(inputs=inputs, outputs=outputs, max_batch_size=max_batch_size)


def job(signature: Signature, **fields: Any) -> Job:
    settings = {
        "model": "model.onnx",
        "smoke_test": SmokeTest(),
        "input": None,
        "expected": None,
    } | fields
    return Job(signature=signature, request_limit=6 * 2**20, **settings)


def put_model(folder: Path, proto: Any) -> Path:
    (folder / "model.onnx").write_bytes(onnx_models.content(proto))
    return folder
