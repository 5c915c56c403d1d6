"""The real tritonserver serves drops of other formats than TorchScript."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np

from modeldrop import Endpoint, Stack
from tests import onnx_models
from tests.local_sagemaker.text_models import PYTHON_UPPER_CASE
from tests.unit.model_packager.formats.archives.test_tar_members import packed
from tests.workflow.command import modeldrop
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import ROWS

if TYPE_CHECKING:
    from pathlib import Path


def test_onnx_with_separate_weights_and_a_sample(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    proto = onnx_models.linear()
    # ONNX Runtime infers [-1, 3], and Triton completes the config.
    proto.graph.output[0].CopyFrom(onnx_models.tensor("y", ["batch", "open"]))
    model.with_name("model.onnx.data").write_bytes(onnx_models.weights_of(proto))
    model.write_bytes(onnx_models.with_external_weights(proto).SerializeToString())
    sample = tmp_path / "sample"
    sample.mkdir()
    np.save(sample / "input.npy", ROWS)
    np.save(sample / "expected.npy", np.repeat(ROWS.sum(1, keepdims=True), 3, axis=1))

    outcome = cloud.drop(name, model, sample=sample)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    content = content_of(outcome)
    assert content["source"]["key"] == f"{name}/model.onnx"
    assert content["signature"]["max_batch_size"] == 8
    assert content["smoke"]["golden"].startswith("sample/expected.npy: y within")
    assert content["smoke"]["output_shapes"] == {"y": [2, 3]}


def test_onnx_with_scalars(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model, sample = tmp_path / "model.onnx", tmp_path / "sample"
    model.write_bytes(onnx_models.content(onnx_models.two_by_two([], [])))
    sample.mkdir()
    np.savez(sample / "input.npz", left=np.array([2.5], np.float32), right=np.array([4]))
    np.savez(sample / "expected.npz", sum=np.array([6.5], np.float32), count=np.array([1]))

    outcome = cloud.drop(name, model, sample=sample)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)


def test_onnx_without_batch_and_with_a_scalar(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(onnx_models.content(onnx_models.two_by_two([2, 5], [2, 5])))

    outcome = cloud.drop(name, model)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    assert content_of(outcome)["smoke"]["output_shapes"] == {"sum": [2, 5], "count": [1]}


DOUBLE = """
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for request in requests:
            input = pb_utils.get_input_tensor_by_name(request, "input").as_numpy()
            doubled = pb_utils.Tensor("doubled", input * 2)
            answers.append(pb_utils.InferenceResponse(output_tensors=[doubled]))
        return answers
"""
DOUBLE_CONFIG = """
backend: "python"
max_batch_size: 8
input [ { name: "input" data_type: TYPE_FP32 dims: [ 3 ] } ]
output [ { name: "doubled" data_type: TYPE_FP32 dims: [ 3 ] } ]
"""
SUM_CONFIG = """
platform: "onnxruntime_onnx"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 3 ] } ]
"""
TOGETHER_CONFIG = """
platform: "ensemble"
max_batch_size: 8
input [ { name: "rows" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "answer" data_type: TYPE_FP32 dims: [ 3 ] } ]
ensemble_scheduling {
  step [
    { model_name: "sum" model_version: -1
      input_map { key: "x" value: "rows" } output_map { key: "y" value: "sums" } },
    { model_name: "double" model_version: -1
      input_map { key: "input" value: "sums" } output_map { key: "doubled" value: "answer" } }
  ]
}
"""


def test_repository_with_an_ensemble(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """One endpoint with an ensemble of ONNX Runtime and the Python backend."""
    archive = tmp_path / "model.tar.gz"
    archive.write_bytes(
        packed(
            {
                "sum/config.pbtxt": SUM_CONFIG.encode(),
                "sum/1/model.onnx": onnx_models.content(onnx_models.linear()),
                "double/config.pbtxt": DOUBLE_CONFIG.encode(),
                "double/1/model.py": DOUBLE.encode(),
                "together/config.pbtxt": TOGETHER_CONFIG.encode(),
                "together/1/.keep": b"",
            }
        )
    )
    sample = tmp_path / "sample"
    sample.mkdir()
    np.save(sample / "input.npy", ROWS)
    np.save(sample / "expected.npy", np.repeat(ROWS.sum(1, keepdims=True) * 2, 3, axis=1))

    outcome = cloud.drop(name, archive, sample=sample)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    content = content_of(outcome)
    assert [each["name"] for each in content["signature"]["inputs"]] == ["rows"]
    assert content["smoke"]["golden"].startswith("sample/expected.npy: answer within")


def test_repository_without_a_model_at_its_root(cloud: Cloud, name: str, tmp_path: Path) -> None:
    archive = tmp_path / "model.tar.gz"
    archive.write_bytes(packed({"models/sum/config.pbtxt": SUM_CONFIG.encode()}))

    outcome = cloud.drop(name, archive)

    assert content_of(outcome)["error"] == "ModelRejected"
    assert "are not at the archive's root" in content_of(outcome)["cause"]


def test_python_backend(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model, spec, sample = tmp_path / "model.py", tmp_path / "deploy.yaml", tmp_path / "sample"
    model.write_text(DOUBLE)
    spec.write_text(
        """
        max_batch_size: 4
        inputs: [{name: input, dtype: FP32, dims: [-1], example_dims: [4]}]
        outputs: [{name: doubled, dtype: FP32, dims: [-1]}]
        """
    )
    sample.mkdir()
    np.save(sample / "input.npy", ROWS)
    np.save(sample / "expected.npy", ROWS * 2)

    outcome = cloud.drop(name, model, spec=spec, sample=sample)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    assert content_of(outcome)["smoke"]["golden"].startswith("sample/expected.npy: doubled within")


def test_failing_python_model_is_reported(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model, spec = tmp_path / "model.py", tmp_path / "deploy.yaml"
    model.write_text("import no_such_package\n" + DOUBLE)
    spec.write_text(
        """
        inputs: [{name: input, dtype: FP32, dims: [4]}]
        outputs: [{name: doubled, dtype: FP32, dims: [4]}]
        """
    )

    outcome = cloud.drop(name, model, spec=spec)

    assert content_of(outcome)["error"] == "EndpointFailed"
    assert "model.py imports no_such_package" in content_of(outcome)["cause"]
    assert "No module named 'no_such_package'" in content_of(outcome)["evidence"]


def test_engine_is_refused_by_name(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model, spec = tmp_path / "model.plan", tmp_path / "deploy.yaml"
    model.write_bytes(b"ftrt" + bytes(range(256)))
    spec.write_text(
        """
        inputs: [{name: x, dtype: FP32, dims: [4]}]
        outputs: [{name: y, dtype: FP32, dims: [4]}]
        """
    )

    outcome = cloud.drop(name, model, spec=spec)

    assert content_of(outcome)["failed_state"] == "Check Endpoint"
    assert (
        "its platform is tensorrt_plan, which needs an NVIDIA GPU" in content_of(outcome)["cause"]
    )
    assert cloud.left_of(name) == []


TEXT_SPEC = """
inputs: [{name: text, dtype: STRING, dims: [1]}]
outputs: [{name: upper, dtype: STRING, dims: [1]}]
max_batch_size: 8
"""


def test_text_with_a_sample_as_json(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model, spec, sample = tmp_path / "model.py", tmp_path / "deploy.yaml", tmp_path / "sample"
    model.write_bytes(PYTHON_UPPER_CASE)
    spec.write_text(TEXT_SPEC)
    sample.mkdir()
    (sample / "input.json").write_text('{"text": [["grüße"], ["\\u001b[31m"]]}')
    (sample / "expected.json").write_text('{"upper": [["GRÜSSE"], ["\\u001b[31M"]]}')

    outcome = cloud.drop(name, model, spec, sample)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    smoke = content_of(outcome)["smoke"]
    assert (smoke["input"], smoke["golden"]) == (
        "sample/input.json",
        "sample/expected.json: upper equal",
    )
    invoked = modeldrop(cloud, "invoke", name, str(sample / "input.json"), "--json").document
    assert invoked["outputs"] == [
        {"name": "upper", "dtype": "BYTES", "shape": [2, 1], "data": [["GRÜSSE"], ["\x1b[31M"]]}
    ]
    shown = modeldrop(cloud, "invoke", name, "--output", str(tmp_path / "out.npz"))
    assert r"'GRÜSSE', '\x1b[31M'" in shown.err
    with np.load(tmp_path / "out.npz") as saved:
        assert saved["upper"].tolist() == [["GRÜSSE"], ["\x1b[31M"]]
    endpoint = Endpoint(name, stack=Stack(local=True, home=cloud.embedded.home))
    np.testing.assert_array_equal(endpoint("grüße"), [["GRÜSSE"]])
    np.testing.assert_array_equal(endpoint(text=[["a"], ["b"]]), [["A"], ["B"]])
    snippet = tmp_path / "client.py"
    snippet.write_text(modeldrop(cloud, "snippet", name).out)
    environment = os.environ | cloud.embedded.environment()
    ran = subprocess.run(
        [sys.executable, snippet], env=environment, capture_output=True, text=True, check=True
    )
    assert "[[b'TEXT']]" in ran.stdout

    (sample / "expected.json").write_text('{"upper": [["GRÜSSE"], ["other"]]}')
    outcome = cloud.drop(name, model, spec, sample)

    failed = content_of(outcome)
    assert (failed["status"], failed["failed_state"]) == ("FAILED", "Smoke Test")
    assert failed["cause"] == (
        "1 of 2 texts of upper differ from the golden sample (an exact match is required). The "
        r"first is at [1, 0]: '\x1b[31M' instead of 'other'."
    )
