"""Configs without inputs and outputs, as Triton completes them."""

from __future__ import annotations

from typing import Any

import pytest
import tritonclient.grpc.model_config_pb2 as triton
from google.protobuf import text_format  # type: ignore[import-untyped]
from onnx import TensorProto, helper

from model_packager.rejection import Rejection, SpecRejected
from model_packager.signature import Signature
from tests import onnx_models
from tests.onnx_models import Dims
from tests.unit.model_packager.formats.triton_repository.repositories import (
    CODE,
    Files,
    archive,
    inspected,
    onnx_model,
    python_model,
)

PLATFORM = 'platform: "onnxruntime_onnx"\n'
OUTPUT = 'output [ { name: "y" data_type: TYPE_FP32 dims: [ 3 ] } ]\n'
COMPLETES = (
    CODE + "\n    @staticmethod\n    def auto_complete_config(config):\n        return config\n"
)
DECLARED = """
inputs: [{name: x, dtype: FP32, dims: [4]}]
outputs: [{name: y, dtype: FP32, dims: [3]}]
"""


def identity(dims: Dims, name: str = "x") -> bytes:
    return onnx_models.content(onnx_models.identity(name, dims))


def of_file(model: bytes, config: str | None = None) -> Files:
    return onnx_model(config) | {"1/model.onnx": model}


def signature_of(files: Files, spec: str | None = None) -> Signature:
    return inspected(archive({"m": files}), spec=spec).signature


def completed(files: Files, spec: str | None = None) -> Any:
    """Return the config of `inspect`, parsed with Triton's protobuf."""
    return text_format.Parse(
        inspected(archive({"m": files}), spec=spec).config_pbtxt, triton.ModelConfig()
    )


def test_config_of_an_archive_without_config() -> None:
    config = completed(onnx_model(None))
    assert (config.name, config.platform, config.max_batch_size) == ("m", "onnxruntime_onnx", 4)
    assert [(each.name, list(each.dims)) for each in config.input] == [("x", [4])]
    assert [(each.name, list(each.dims)) for each in config.output] == [("y", [3])]
    assert config.HasField("dynamic_batching")
    signature = signature_of(onnx_model(None))
    assert (signature.max_batch_size, signature.completed_by_triton) == (4, True)


@pytest.mark.parametrize(
    ("config", "batch", "dynamic"),
    [
        (PLATFORM, 4, True),
        (PLATFORM + "max_batch_size: 0", 4, True),
        (PLATFORM + "max_batch_size: 1", 1, False),
        (PLATFORM + "max_batch_size: 9\n" + OUTPUT, 9, True),
        (PLATFORM + "sequence_batching { }", 4, False),
    ],
)
def test_batch_size(config: str, batch: int, *, dynamic: bool) -> None:
    found = completed(onnx_model(config))
    assert (found.max_batch_size, found.HasField("dynamic_batching")) == (batch, dynamic)
    assert [each.name for each in (*found.input, *found.output)] == ["x", "y"]


def test_settings_of_the_config_stay() -> None:
    delay = "dynamic_batching { max_queue_delay_microseconds: 7 }"
    found = completed(onnx_model(PLATFORM + delay))
    assert found.dynamic_batching.max_queue_delay_microseconds == 7


@pytest.mark.parametrize(
    ("dims", "batch", "expected"),
    [([2, 3], 0, [2, 3]), ([], 0, [1]), (["n"], 4, [1]), (["n", 5], 4, [5])],
)
def test_dims(dims: Dims, batch: int, expected: list[int]) -> None:
    found = completed(of_file(identity(dims)))
    assert (found.max_batch_size, list(found.input[0].dims)) == (batch, expected)
    assert found.input[0].HasField("reshape") == (dims == ["n"])


def test_open_dims_need_a_test_size() -> None:
    files = of_file(identity(["n", "width"]))
    with pytest.raises(SpecRejected, match="no test size is set"):
        signature_of(files)
    spec = "inputs: [{name: x, dtype: FP32, dims: [-1], example_dims: [7]}]"
    assert signature_of(files, spec).inputs[0].example_dims == (7,)


def test_outputs_in_deploy_yaml_are_what_onnx_runtime_infers() -> None:
    files = of_file(identity(["n", "width"]))
    spec = """
    inputs: [{name: x, dtype: FP32, dims: [-1], example_dims: [7]}]
    outputs: [{name: "x'", dtype: FP32, dims: [7]}]
    """
    assert signature_of(files, spec).outputs[0].dims == (7,)


def test_warm_up_requests_fit_the_completed_inputs() -> None:
    warmup = """model_warmup { name: "w" batch_size: 1 inputs {
      key: "x" value { data_type: TYPE_FP32 dims: [ SIZE ] zero_data: true }
    } }"""
    assert len(completed(onnx_model(PLATFORM + warmup.replace("SIZE", "4"))).model_warmup) == 1
    with pytest.raises(Rejection, match=r"has the dims \[5\], but the input has \[4\]"):
        signature_of(onnx_model(PLATFORM + warmup.replace("SIZE", "5")))


def test_names_are_quoted() -> None:
    assert completed(of_file(identity([2], 'a "b"\\\n'))).input[0].name == 'a "b"\\\n'


@pytest.mark.parametrize(
    ("model", "config", "message"),
    [
        (identity([2, 3]), PLATFORM + "max_batch_size: 8", "m/config.pbtxt, line 2: .* 8, but x"),
        (identity([2, 0]), None, r"dims \[2, 0\]"),
    ],
)
def test_what_triton_cannot_complete_is_rejected(
    model: bytes, config: str | None, message: str
) -> None:
    with pytest.raises(Rejection, match=message):
        signature_of(of_file(model, config))


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (onnx_models.tensor("x'", None), "does not declare the shape of x'"),
        (onnx_models.tensor("x'", ["n"], TensorProto.BFLOAT16), "a type that Triton does not have"),
    ],
)
def test_output_that_the_file_does_not_show(output: Any, message: str) -> None:
    model = onnx_models.model(
        [helper.make_node("Identity", ["x"], ["x'"])],
        [onnx_models.tensor("x", ["n", 2])],
        [output],
        [],
    )
    with pytest.raises(Rejection, match=message):
        signature_of(of_file(model.SerializeToString()))


def test_steps_of_an_ensemble_are_complete() -> None:
    ensemble = """
    platform: "ensemble"
    max_batch_size: 4
    input { name: "a" data_type: TYPE_FP32 dims: [ SIZE ] }
    output { name: "b" data_type: TYPE_FP32 dims: [ 3 ] }
    ensemble_scheduling { step {
      model_name: "m" model_version: -1
      input_map { key: "x" value: "a" } output_map { key: "y" value: "b" }
    } }
    """
    for size in (4, 5):
        config = ensemble.replace("SIZE", str(size))
        content = archive({"e": {"config.pbtxt": config, "1/.keep": ""}, "m": onnx_model(None)})
        if size == 4:
            assert inspected(content, "e").signature.max_batch_size == 4
        else:
            with pytest.raises(Rejection, match=r"FP32 \[5\] in e, and FP32 \[4\] in m"):
                inspected(content, "e")


@pytest.mark.parametrize("config", [None, 'backend: "python"\nmax_batch_size: 2'])
def test_python_model_that_completes_its_config(config: str | None) -> None:
    """Only running the code would show the inputs, so deploy.yaml declares them."""
    files = python_model(config, COMPLETES)
    with pytest.raises(SpecRejected, match=r"deploy\.yaml has no inputs and outputs"):
        signature_of(files)
    signature = signature_of(files, DECLARED)
    assert signature.max_batch_size == (0 if config is None else 2)
    assert [each.name for each in (*signature.inputs, *signature.outputs)] == ["x", "y"]


def test_python_model_that_completes_nothing() -> None:
    with pytest.raises(Rejection, match="declares no input"):
        signature_of(python_model(None), DECLARED)


def test_engine_completes_its_config() -> None:
    files: Files = {"1/model.plan": b"ftrt" + bytes(60)}
    assert signature_of(files, DECLARED + "max_batch_size: 2").max_batch_size == 2
