"""The config and the advice are correct for outputs whose shapes ONNX Runtime infers.

The local backend's rules stand for Triton's checks, with the shapes of a real session.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from model_client.checks.answer_check import check_form
from model_packager.formats.pbtxt_reader import parse_pbtxt
from model_packager.inspection import Inspection
from model_packager.model_warnings import WarningCode
from model_packager.rejection import SpecRejected
from modeldrop.local.sagemaker.triton_backends.onnxruntime import onnxruntime_rules as rules
from tests import onnx_models
from tests.unit.model_packager.inspected import inspected
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from model_client.response import Response

WHOLE_INPUT = (
    "max_batch_size: 0\ninputs: [{name: x, dtype: FP32, dims: [-1, 4], example_dims: [2, 4]}]\n"
)


def reshaped(shape: list[int], said: Any, batch: str | int = "N") -> Any:
    """Return a model from FP32 x [batch, 4] to y, whose shape differs from its declaration."""
    to = numpy_helper.from_array(np.array(shape, np.int64), "to")
    return onnx_models.model(
        [helper.make_node("Reshape", ["x", "to"], ["y"])],
        [onnx_models.tensor("x", [batch, 4])],
        [onnx_models.tensor("y", said)],
        [to],
    )


def inspect(proto: Any, spec: str | None = None, labels: bytes | None = None) -> Inspection:
    return inspected(proto.SerializeToString(), "model.onnx", spec=spec, labels=labels)


def load(proto: Any, inspection: Inspection) -> dict[str, list[int]]:
    """Check the config as Triton does, and return the dims of the outputs."""
    config = _plain(parse_pbtxt(inspection.config_pbtxt))
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    inputs, outputs = _nodes(session.get_inputs()), _nodes(session.get_outputs())
    if not rules.is_complete(config):
        completion = rules.complete("m", inputs, outputs, config)
        assert completion.max_batch_size == config["max_batch_size"]
        config["output"] = list(completion.outputs)
    rules.check("m", inputs, outputs, config)
    return {each["name"]: [int(size) for size in each["dims"]] for each in config["output"]}


def _plain(message: Any) -> dict[str, Any]:
    tensors = {
        kind: [
            {
                "name": each["name"][0],
                "data_type": each["data_type"][0].text,
                "dims": _flat(each["dims"]),
            }
            for each in _flat(message.get(kind, []))
        ]
        for kind in ("input", "output")
    }
    return {"max_batch_size": int(message["max_batch_size"][0]), **tensors}


def _flat(values: Any) -> list[Any]:
    return [one for each in values for one in (each if isinstance(each, (list, tuple)) else [each])]


def _nodes(arguments: Any) -> list[rules.Node]:
    return [
        rules.Node(
            each.name,
            each.type,
            tuple(size if isinstance(size, int) and size >= 0 else -1 for size in each.shape),
        )
        for each in arguments
    ]


def test_output_that_onnx_runtime_narrows() -> None:
    proto = reshaped([0, 1, 4], ["N", "M", 4])
    found = inspect(proto)
    assert [each.dims for each in found.signature.outputs] == [(-1, 4)]
    assert "output [" not in found.config_pbtxt
    assert load(proto, found) == {"y": [1, 4]}


def test_output_of_known_size_is_in_the_config() -> None:
    proto = onnx_models.linear()
    found = inspect(proto)
    assert "output [" in found.config_pbtxt
    assert load(proto, found) == {"y": [3]}


def test_output_without_a_declared_shape() -> None:
    proto = reshaped([1, 8], None, batch=2)
    found = inspect(proto)
    assert found.signature.outputs[0].assumed
    assert load(proto, found) == {"y": [1, 8]}


@pytest.mark.parametrize("labels", [None, b"cat\n"])
def test_outputs_in_deploy_yaml_narrow(labels: bytes | None) -> None:
    proto = reshaped([0, 1, 4], ["N", "M", 4])
    spec = "outputs: [{name: y, dtype: FP32, dims: [1, 4]}]"
    found = inspect(proto, spec, labels)
    assert [each.dims for each in found.signature.outputs] == [(1, 4)]
    assert load(proto, found) == {"y": [1, 4]}


def test_advice_of_the_load_error_works_without_a_batch() -> None:
    """All dimensions are dynamic, so Triton would add a batch size if it completed the config."""
    proto = reshaped([1, -1, 4], ["A", "B", 4])
    with pytest.raises(rules.Refused, match=r"\(shape \[1,-1,4\]\)") as refused:
        load(proto, inspect(proto, WHOLE_INPUT))
    dims = re.findall(r"\(shape (\[.*?\])\)", str(refused.value))[0]
    spec = f"{WHOLE_INPUT}outputs: [{{name: y, dtype: FP32, dims: {dims}}}]"
    assert load(proto, inspect(proto, spec)) == {"y": [1, -1, 4]}


class Answer:
    """A response with one output, y."""

    def __init__(self, shape: list[int]) -> None:
        self._shape = shape

    def outputs(self) -> list[dict[str, Any]]:
        return [{"name": "y", "datatype": "FP32", "shape": self._shape}]


def answer(*shape: int) -> Response:
    return Answer(list(shape))  # type: ignore[return-value]


def test_advice_of_the_smoke_test_works_if_the_file_is_wrong() -> None:
    proto = hidden_shape([1, "M"], batch=2)
    found = inspect(proto)
    with pytest.raises(SmokeTestFailed, match=r"has the dims \[2, 1, 4\]") as failed:
        check_form(answer(2, 1, 4), found.signature, 1)
    corrected = inspect(proto, failed.value.fix.partition("\n")[2])
    assert [each.code for each in corrected.warnings] == [WarningCode.OUTPUT_SHAPE]
    check_form(answer(2, 1, 4), corrected.signature, 1)
    load(proto, corrected)


def test_advice_for_a_wrong_file_without_a_batch_corrects_the_file() -> None:
    proto = hidden_shape([1, "M"])
    with pytest.raises(SpecRejected, match="Triton compares its config") as refused:
        inspect(proto, WHOLE_INPUT + "outputs: [{name: y, dtype: FP32, dims: [2, 1, 4]}]")
    assert "[2, 1, 4] in deploy.yaml. Triton" in refused.value.cause
    assert "and remove the output from deploy.yaml" in refused.value.fix
    correction = re.findall(r"graph\.output\[(\d+)\].*?\.name, (\d+), SHAPE", refused.value.fix)[0]
    index, element = map(int, correction)
    corrected = helper.make_tensor_value_info("y", element, [2, 1, 4])
    proto.graph.output[index].CopyFrom(corrected)
    found = inspect(proto, WHOLE_INPUT)
    assert load(proto, found) == {"y": [2, 1, 4]}


def test_advice_for_an_output_without_a_shape_does_not_name_deploy_yaml() -> None:
    with pytest.raises(SpecRejected, match="no declared shape in the ONNX file") as refused:
        inspect(hidden_shape(None), WHOLE_INPUT)
    assert "deploy.yaml" not in refused.value.cause + refused.value.fix


def hidden_shape(said: Any, batch: str | int = "N") -> Any:
    """Return a model with an output whose rank ONNX Runtime does not infer."""
    return onnx_models.model(
        [
            helper.make_node("Cast", ["x"], ["i"], to=TensorProto.INT64),
            helper.make_node("NonZero", ["i"], ["where"]),
            helper.make_node("Gather", ["where", "zero"], ["to"], axis=0),
            helper.make_node("Reshape", ["x", "to"], ["y"]),
        ],
        [onnx_models.tensor("x", [batch, 4])],
        [onnx_models.tensor("y", said)],
        [numpy_helper.from_array(np.array(0, np.int64), "zero")],
    )


def test_fewer_outputs_than_the_model_returns() -> None:
    proto = onnx_models.two_by_two([2, 5], [2, 5])
    assert inspect(proto).warnings == ()
    spec = "outputs: [{name: sum, dtype: FP32, dims: [2, 5]}]"
    (warning,) = inspect(proto, spec).warnings
    assert warning.code is WarningCode.FEWER_OUTPUTS
    assert "returns 2 outputs" in warning.cause
