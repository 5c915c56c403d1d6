"""The real Triton serves the repositories that Inspect Model accepts."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from model_client.endpoint import invoke_endpoint
from model_client.request import request
from model_packager.formats.triton_repository.format import REPOSITORY
from model_packager.inspection import Inspection, inspect_model
from model_packager.sagemaker.hosting_resolution import StackDefaults
from model_packager.sagemaker.triton_image import newest_release
from tests import onnx_models
from tests.local_sagemaker.archives import archive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_client.response import Response
    from tests.local_sagemaker.conftest import LocalSageMaker

IO = """
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 3 ] } ]
"""
CALLER = b"""
import numpy as np
import triton_python_backend_utils as pb_utils

NAME = "sum"


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for each in requests:
            x = pb_utils.get_input_tensor_by_name(each, "x")
            call = pb_utils.InferenceRequest(
                model_name=NAME, requested_output_names=["y"], inputs=[x]
            )
            answer = call.exec()
            if answer.has_error():
                raise pb_utils.TritonModelException(answer.error().message())
            answers.append(pb_utils.InferenceResponse(answer.output_tensors()))
        return answers
"""
COUNTER = b"""
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for each in requests:
            assert each.correlation_id() > 0
            x = pb_utils.get_input_tensor_by_name(each, "x")
            answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("y", x.as_numpy()[:, :3])]))
        return answers
"""
COMPLETES = (
    COUNTER.replace(b"assert each.correlation_id() > 0", b"pass")
    + b"""
    @staticmethod
    def auto_complete_config(config):
        config.set_max_batch_size(2)
        config.add_input({"name": "x", "data_type": "TYPE_FP32", "dims": [4]})
        config.add_output({"name": "y", "data_type": "TYPE_FP32", "dims": [3]})
        return config
"""
)
DECLARED = """
max_batch_size: 2
inputs: [{name: x, dtype: FP32, dims: [4]}]
outputs: [{name: y, dtype: FP32, dims: [3]}]
"""
X: dict[str, NDArray[Any]] = {"x": np.arange(4, dtype=np.float32)[np.newaxis]}


def inspected(files: dict[str, bytes], name: str, spec: str | None) -> Inspection:
    return inspect_model(
        io.BytesIO(archive(files)),
        name,
        spec=spec,
        labels=None,
        instance_type="ml.m5.large",
        release=newest_release(),
        model_format=REPOSITORY,
    )


def served(
    local: LocalSageMaker,
    files: dict[str, bytes],
    name: str,
    arrays: dict[str, NDArray[Any]] = X,
    spec: str | None = None,
) -> Response:
    """Inspect a repository, serve it like the pipeline, and send one request."""
    inspection = inspected(files, name, spec)
    stack = StackDefaults("us-east-1", newest_release(), 1, "artifacts", inference_topic_arn="")
    hosting, _ = inspection.hosting(stack)
    local.put_model(name, archive(files), **hosting.environment)
    local.create_config(name, name)
    local.create_endpoint(name, name)
    assert local.settled(name)["EndpointStatus"] == "InService", local.log_lines(name)
    body, content_type = request(arrays, inspection.signature, binary=True)
    try:
        return invoke_endpoint(local.runtime.invoke_endpoint, name, body, content_type)
    finally:
        local.delete(name)


def test_a_called_model_is_loaded(local: LocalSageMaker) -> None:
    files = {
        "caller/config.pbtxt": b'backend: "python"' + IO.encode(),
        "caller/1/model.py": CALLER,
        "sum/config.pbtxt": b'platform: "onnxruntime_onnx"' + IO.encode(),
        "sum/1/model.onnx": onnx_models.content(onnx_models.linear()),
    }
    assert served(local, files, "caller").output("y").tolist() == [[6, 6, 6]]


def test_a_request_is_a_sequence(local: LocalSageMaker) -> None:
    files = {
        "counter/config.pbtxt": b'backend: "python"' + IO.encode() + b"sequence_batching { }\n",
        "counter/1/model.py": COUNTER,
    }
    assert served(local, files, "counter").output("y").tolist() == [[0, 1, 2]]


def test_triton_completes_a_config(local: LocalSageMaker) -> None:
    """Triton adds all inputs and outputs and a maximum batch size of 4, as Inspect Model says."""
    files = {"sum/1/model.onnx": onnx_models.content(onnx_models.linear())}
    rows = np.arange(20, dtype=np.float32).reshape(5, 4)
    assert served(local, files, "sum", {"x": rows[:4]}).output("y")[:, 0].tolist() == [
        6,
        22,
        38,
        54,
    ]
    with pytest.raises(ClientError, match="batch-size must be <= 4"):
        served(local, files, "sum-of-five", {"x": rows})


def test_triton_completes_the_config_of_a_vector(local: LocalSageMaker) -> None:
    """A dimension that can only be the batch becomes dims [1]."""
    files = {"same/1/model.onnx": onnx_models.content(onnx_models.identity("x", ["n"]))}
    answer = served(local, files, "same", {"x": np.array([[1], [2]], np.float32)})
    assert answer.output("x'").tolist() == [[1], [2]]


def test_python_model_completes_its_config(local: LocalSageMaker) -> None:
    files = {"counter/1/model.py": COMPLETES}
    answer = served(local, files, "completes", spec=DECLARED)
    assert answer.output("y").tolist() == [[0, 1, 2]]
