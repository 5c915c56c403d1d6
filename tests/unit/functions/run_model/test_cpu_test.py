"""The checks of the CPU test, with real models in this process."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from model_packager.dtype import Dtype
from model_packager.spec.smoke_test_spec import SmokeTest
from run_model.cpu_test import run_cpu_test
from tests import onnx_models
from tests.consistency.asl import ROOT
from tests.unit.model_client.cpu_test.jobs import job, put_model, signature, tensor

if TYPE_CHECKING:
    from pathlib import Path

    from model_client.cpu_test.result import CpuTestResult, Finding


def outcome_of(
    folder: Path, proto: Any, fields: dict[str, Any] | None = None, **declared: Any
) -> Any:
    found: CpuTestResult = run_cpu_test(
        job(signature(**declared), **(fields or {})), put_model(folder, proto)
    )
    return found


def refusal(folder: Path, proto: Any, **declared: Any) -> Finding:
    found: CpuTestResult = outcome_of(folder, proto, **declared)
    assert found.refusal is not None, found
    assert (found.check, found.skipped, found.warning) == (None, None, None)
    return found.refusal


def node_model(*nodes: Any, size: int = 4, weights: tuple[Any, ...] = ()) -> Any:
    """Return a model from FP32 x [batch, size] to FP32 y [batch, size]."""
    return onnx_models.model(
        list(nodes),
        [onnx_models.tensor("x", ["batch", size])],
        [onnx_models.tensor("y", ["batch", size])],
        list(weights),
    )


def test_good_model_passes_alone_and_in_a_batch(tmp_path: Path) -> None:
    found = outcome_of(tmp_path, onnx_models.linear())
    assert found.check == (
        f"ran once on CPU before the endpoint, with ONNX Runtime {onnxruntime.__version__} and "
        "random data, seed 0: names, dtypes, shapes and values, and a batch of 8"
    )
    assert found.refusal is found.skipped is found.warning is None


def test_model_without_a_batch_runs_once(tmp_path: Path) -> None:
    declared: dict[str, Any] = {"inputs": (tensor("x", 2, 4),), "outputs": (tensor("y", 2, 3),)}
    found = outcome_of(tmp_path, onnx_models.linear(batch=2), **declared, max_batch_size=0)
    assert found.check.endswith("names, dtypes, shapes and values")


def test_wrong_dims_get_the_lines_for_the_spec(tmp_path: Path) -> None:
    found = refusal(tmp_path, onnx_models.linear(), outputs=(tensor("y", 5),))
    assert found.cause == "The output y has the dims [3], but its declared dims are [5]."
    assert found.fix.endswith("outputs:\n  - {name: y, dtype: FP32, dims: [3]}")


def test_wrong_dtype(tmp_path: Path) -> None:
    wrong = (tensor("y", 3, dtype=Dtype.INT64),)
    found = refusal(tmp_path, onnx_models.linear(), outputs=wrong)
    assert found.cause == "The output y is FP32, but its declared dtype is INT64."


def test_output_that_the_model_lacks(tmp_path: Path) -> None:
    found = refusal(tmp_path, onnx_models.linear(), outputs=(tensor("scores", 3),))
    assert "has no output scores; it has y." in found.cause


def test_nan(tmp_path: Path) -> None:
    proto = node_model(
        helper.make_node("Sub", ["x", "x"], ["zero"]),
        helper.make_node("Div", ["zero", "zero"], ["y"]),
    )
    found = refusal(tmp_path, proto, outputs=(tensor("y", 4),))
    assert found.cause.startswith("4 of the 4 values of the output y are NaN or infinite.")
    assert "The request had random data" in found.cause


def test_rows_that_a_batch_mixes(tmp_path: Path) -> None:
    proto = node_model(
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1),
        helper.make_node("Sub", ["x", "mean"], ["y"]),
    )
    found = refusal(tmp_path, proto, outputs=(tensor("y", 4),))
    assert found.cause.startswith("The model mixes the rows of a batch")


def test_batch_that_the_export_fixed(tmp_path: Path) -> None:
    shape = numpy_helper.from_array(np.array([1, 4], np.int64), "shape")
    proto = node_model(helper.make_node("Reshape", ["x", "shape"], ["y"]), weights=(shape,))
    found = refusal(tmp_path, proto, outputs=(tensor("y", 4),))
    assert found.cause.startswith("The model works with 1 rows but fails with a batch of 8")
    assert found.fix.startswith("Set max_batch_size: 1 in deploy.yaml")


def embedding() -> Any:
    """Return a model from INT64 ids [batch, 1] to FP32 y [batch, 1, 2] that accepts only ID 5."""
    return onnx_models.model(
        [
            helper.make_node("Sub", ["ids", "five"], ["index"]),
            helper.make_node("Gather", ["table", "index"], ["y"]),
        ],
        [onnx_models.tensor("ids", ["batch", 1], TensorProto.INT64)],
        [onnx_models.tensor("y", ["batch", 1, 2])],
        [
            numpy_helper.from_array(np.ones((1, 2), np.float32), "table"),
            numpy_helper.from_array(np.array(5, np.int64), "five"),
        ],
    )


OF_EMBEDDING = {
    "inputs": (tensor("ids", 1, dtype=Dtype.INT64),),
    "outputs": (tensor("y", 1, 2),),
    "max_batch_size": 1,
}


def test_model_that_fails_on_random_data_needs_a_sample(tmp_path: Path) -> None:
    found = refusal(tmp_path, embedding(), **OF_EMBEDDING)
    assert "An id or index in the request is out of the model's range" in found.cause
    assert f"ONNX Runtime {onnxruntime.__version__} cannot run the model on a CPU" in found.cause
    assert "sample/input.npz, with the arrays ids." in found.fix


def sample(folder: Path, **arrays: Any) -> dict[str, str]:
    (folder / "sample").mkdir()
    for name, array in arrays.items():
        np.save(folder / "sample" / name, array)
    return {name: f"sample/{name}.npy" for name in arrays}


def test_golden_sample_is_the_input(tmp_path: Path) -> None:
    fields = sample(tmp_path, input=np.array([[5]], np.int64))
    found = outcome_of(tmp_path, embedding(), fields, **OF_EMBEDDING)
    assert "and sample/input.npy:" in found.check


def test_other_values_than_the_golden_sample_are_a_warning(tmp_path: Path) -> None:
    """A CPU may round differently from the endpoint, whose outputs the smoke test compares."""
    row = np.ones((1, 4), np.float32)
    fields = sample(tmp_path, input=row, expected=np.full((1, 3), 7, np.float32))
    found = outcome_of(tmp_path, onnx_models.linear(), fields)
    assert found.check is not None
    assert found.warning.cause.startswith("In the CPU test: 3 of 3 values of y differ")


def test_golden_sample_that_does_not_fit(tmp_path: Path) -> None:
    fields = sample(tmp_path, input=np.ones((1, 5), np.float32))
    found = outcome_of(tmp_path, onnx_models.linear(), fields)
    assert "but the model takes FP32 [-1, 4]" in found.refusal.cause


def test_scalars_are_as_in_triton(tmp_path: Path) -> None:
    proto = onnx_models.model(
        [helper.make_node("Add", ["x", "x"], ["y"])],
        [onnx_models.tensor("x", [])],
        [onnx_models.tensor("y", [])],
        [],
    )
    one: dict[str, Any] = {"inputs": (tensor("x", 1),), "outputs": (tensor("y", 1),)}
    assert outcome_of(tmp_path, proto, **one, max_batch_size=0).check is not None


def test_weights_next_to_the_model(tmp_path: Path) -> None:
    weights = onnx_models.weights_of(onnx_models.linear())
    (tmp_path / "model.onnx.data").write_bytes(weights)
    proto = onnx_models.with_external_weights(onnx_models.linear())
    (tmp_path / "model.onnx").write_bytes(proto.SerializeToString())
    assert run_cpu_test(job(signature()), tmp_path).check is not None


@pytest.mark.parametrize("domain", ["com.example", ""])
def test_unknown_operator_skips_the_test(tmp_path: Path, domain: str) -> None:
    """This includes operators of libraries, which are never loaded."""
    proto = node_model(helper.make_node("Spin", ["x"], ["y"], domain=domain))
    proto.opset_import.append(helper.make_opsetid("com.example", 1))
    (tmp_path / "model.onnx").write_bytes(proto.SerializeToString())
    found = run_cpu_test(job(signature(outputs=(tensor("y", 4),))), tmp_path)
    assert found.refusal is None
    assert found.skipped is not None
    assert f"ONNX Runtime {onnxruntime.__version__} cannot load it on a CPU: " in found.skipped
    assert "Spin" in found.skipped


def test_newer_format_skips_the_test(tmp_path: Path) -> None:
    proto = onnx_models.linear()
    proto.ir_version = 99
    (tmp_path / "model.onnx").write_bytes(proto.SerializeToString())
    found = run_cpu_test(job(signature()), tmp_path)
    assert found.skipped is not None
    assert "IR version" in found.skipped


def test_onnx_runtime_of_the_layer_reads_what_that_of_each_triton_release_reads() -> None:
    """ONNX Runtime reads the files of its older versions."""
    pins = (ROOT / "layers" / "onnx_runtime" / "requirements.txt").read_text()
    (own,) = re.findall(r"^onnxruntime==([\d.]+)$", pins, re.M)
    table = json.loads((ROOT / "model_packager/formats/onnx/onnx_runtime.json").read_text())
    assert all(_key(each) <= _key(own) for each in table["releases"].values())


def _key(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def test_outputs_may_differ_if_the_spec_says_so(tmp_path: Path) -> None:
    proto = node_model(helper.make_node("RandomUniformLike", ["x"], ["y"]))
    declared: dict[str, Any] = {"outputs": (tensor("y", 4),)}
    assert outcome_of(tmp_path, proto, **declared).refusal is not None
    random = {"smoke_test": SmokeTest(deterministic=False)}
    assert outcome_of(tmp_path, proto, random, **declared).check is not None
