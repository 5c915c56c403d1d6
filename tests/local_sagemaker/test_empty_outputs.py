"""Outputs and inputs without elements, such as the boxes of a detector that finds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests import onnx_models
from tests.local_sagemaker.archives import archive
from tests.local_sagemaker.inference import infer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local_sagemaker.conftest import LocalSageMaker

IO = b"""
input [ { name: "x" data_type: TYPE_FP32 dims: [ -1, 4 ] } ]
output [
  { name: "found" data_type: TYPE_INT64 dims: [ -1, 2 ] },
  { name: "grouped" data_type: TYPE_INT64 dims: [ 1, -1, 2 ] }
]
"""
FINDER = b"""
import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for each in requests:
            x = pb_utils.get_input_tensor_by_name(each, "x").as_numpy()
            found = np.argwhere(x)
            outputs = [pb_utils.Tensor("found", found), pb_utils.Tensor("grouped", found[None])]
            answers.append(pb_utils.InferenceResponse(outputs))
        return answers
"""


def finder() -> bytes:
    """Return a model that finds nonzero elements: INT64 [found, 2] and [1, found, 2]."""
    return onnx_models.content(
        onnx_models.model(
            [
                helper.make_node("NonZero", ["x"], ["columns"]),
                helper.make_node("Transpose", ["columns"], ["found"], perm=[1, 0]),
                helper.make_node("Unsqueeze", ["found", "axis"], ["grouped"]),
            ],
            [onnx_models.tensor("x", ["rows", 4])],
            [
                onnx_models.tensor("found", ["found", 2], TensorProto.INT64),
                onnx_models.tensor("grouped", [1, "found", 2], TensorProto.INT64),
            ],
            [numpy_helper.from_array(np.array([0]), "axis")],
        )
    )


@pytest.fixture(scope="module", params=["onnx", "python"])
def endpoint(local: LocalSageMaker, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"finds-nothing-{request.param}"
    files = {
        "onnx": {
            "m/config.pbtxt": b'platform: "onnxruntime_onnx"' + IO,
            "m/1/model.onnx": finder(),
        },
        "python": {"m/config.pbtxt": b'backend: "python"' + IO, "m/1/model.py": FINDER},
    }
    local.put_model(name, archive(files[request.param]))
    local.create_config(name, name)
    local.create_endpoint(name, name)
    assert local.settled(name)["EndpointStatus"] == "InService", local.log_lines(name)
    yield name
    local.delete(name)


@pytest.mark.parametrize("rows", [0, 1])
def test_detector_that_finds_nothing(local: LocalSageMaker, endpoint: str, rows: int) -> None:
    answer = infer(local, endpoint, {"x": np.zeros((rows, 4), np.float32)}, ["found", "grouped"])
    shapes = {name: answer.get_output(name)["shape"] for name in ("found", "grouped")}
    assert shapes == {"found": [0, 2], "grouped": [1, 0, 2]}


def test_detector_that_finds_something(local: LocalSageMaker, endpoint: str) -> None:
    answer = infer(local, endpoint, {"x": np.eye(2, 4, 1, np.float32)}, ["found", "grouped"])
    assert answer.as_numpy("grouped").tolist() == [[[0, 1], [1, 2]]]
