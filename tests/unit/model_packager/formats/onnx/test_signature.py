from __future__ import annotations

import io
from typing import Any

import pytest
from onnx import TensorProto, helper

from model_packager.formats.onnx.format import read_onnx
from model_packager.formats.onnx.graph import read_graph
from model_packager.formats.onnx.signature import batch_is_elsewhere, tensors_of
from model_packager.rejection import ModelRejected, SpecRejected
from model_packager.signature import Signature
from model_packager.spec.deploy_spec import DeploySpec, parse_deploy_spec
from tests import onnx_models
from tests.onnx_models import Dims

PAIR = onnx_models.two_by_two([2, "n"], [2, "n"])


def signature(proto: Any, **spec: Any) -> Signature:
    content = read_onnx(io.BytesIO(onnx_models.content(proto)), "m")
    return content.signature(DeploySpec.model_validate(spec))


def shapes(found: Signature) -> dict[str, tuple[int, ...]]:
    return {each.name: each.dims for each in (*found.inputs, *found.outputs)}


def of(name: str, dims: list[int], dtype: str = "FP32", **more: Any) -> dict[str, Any]:
    return {"name": name, "dtype": dtype, "dims": dims, **more}


def test_open_first_dimension_is_the_batch() -> None:
    found = signature(onnx_models.linear())
    assert found.max_batch_size == 8
    assert shapes(found) == {"x": (4,), "y": (3,)}
    assert found.inputs[0].example_dims == (4,)
    assert not found.outputs[0].assumed


def test_fixed_first_dimension_is_none() -> None:
    found = signature(onnx_models.linear(batch=2))
    assert (found.max_batch_size, shapes(found)) == (0, {"x": (2, 4), "y": (2, 3)})


def test_spec_turns_the_batch_off() -> None:
    found = signature(onnx_models.linear(), max_batch_size=0)
    assert shapes(found) == {"x": (-1, 4), "y": (-1, 3)}
    assert found.inputs[0].example_dims == (1, 4)


def test_full_dims_in_the_spec_turn_off_batching() -> None:
    found = signature(onnx_models.linear(), inputs=[of("x", [-1, 4], example_dims=[3, 4])])
    assert found.max_batch_size == 0
    assert found.inputs[0].example_dims == (3, 4)


def test_a_scalar_output_has_the_shape_1() -> None:
    inputs = [of("right", [2, 5], "INT64"), of("left", [2, -1], example_dims=[2, 5])]
    found = signature(PAIR, inputs=inputs)
    assert [each.name for each in found.inputs] == ["right", "left"]
    assert shapes(found) == {"right": (2, 5), "left": (2, -1), "sum": (2, -1), "count": (1,)}


def test_a_scalar_input_has_the_shape_1() -> None:
    scalars = onnx_models.two_by_two([], [])
    assert shapes(signature(scalars)) == {"left": (1,), "right": (1,), "sum": (1,), "count": (1,)}
    inputs = [of("left", [1]), of("right", [1], "INT64")]
    assert signature(scalars, inputs=inputs).max_batch_size == 0


def test_fix_for_open_sizes_is_a_spec_that_works() -> None:
    with pytest.raises(SpecRejected, match="left has variable sizes") as caught:
        signature(PAIR)
    lines = caught.value.fix.partition("upload it:\n")[2].replace("SIZE", "5")
    spec = parse_deploy_spec(lines, origin="the fix")
    assert shapes(signature(PAIR, **spec.model_dump(exclude_unset=True)))["left"] == (2, -1)


UNUSUAL_NAMES = (
    *("x[0]", "a, b", "{x}", "@x", "%x", "*x", "&x", "- x", "!x", "|", "> x", "x: y", "x #1", "?"),
    *("0", "1_0", "1:30", "1e3", "yes", "null", "~", "<<", "=", "2026-11-29", " x ", "it's"),
    *('say "x"', "a\\b", "petal length (cm)", "Größe", "x" * 300, "line\nfeed", "\u202eabc"),
)


@pytest.mark.parametrize("name", UNUSUAL_NAMES)
def test_fix_for_a_tensor_with_an_unusual_name_works(name: str) -> None:
    proto = onnx_models.identity(name, ["batch", "size"])
    with pytest.raises(SpecRejected, match="variable sizes") as caught:
        signature(proto)
    lines = caught.value.fix.partition("upload it:\n")[2]
    spec = parse_deploy_spec(lines.replace("[SIZE]", "[4]"), origin="the fix")
    found = signature(proto, **spec.model_dump(exclude_unset=True))
    assert shapes(found) == {name: (-1,), f"{name}'": (-1,)}

    wrong = [{**spec.inputs[0].model_dump(), "dtype": "FP16"}] if spec.inputs else []
    with pytest.raises(SpecRejected, match="is FP16") as caught:
        signature(proto, inputs=wrong)
    line = caught.value.fix.partition("upload it:\n")[2]
    (tensor,) = parse_deploy_spec(f"inputs:\n{line}", origin="the fix").inputs or ()
    assert (tensor.name, tensor.dtype) == (name, "FP32")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"inputs": [of("z", [4])]}, "inputs in deploy.yaml are z, but the ONNX model's are x"),
        ({"outputs": [of("z", [4])]}, "outputs in deploy.yaml are z"),
        ({"inputs": [of("x", [5])]}, r"x is FP32 \[5\] in deploy.yaml, and FP32 \[4\]"),
        ({"inputs": [of("x", [4], "FP16")]}, "x is FP16"),
        ({"outputs": [of("y", [3], "FP16")]}, r"y is FP16 \[3\] in deploy.yaml, and FP32 \[3\]"),
    ],
)
def test_spec_that_contradicts_the_model(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecRejected, match=message):
        signature(onnx_models.linear(), **spec)


def test_batch_that_the_model_does_not_have() -> None:
    with pytest.raises(SpecRejected, match=r"tensor x has the shape \[2, 4\]"):
        signature(onnx_models.linear(batch=2), max_batch_size=4)


def test_sequence_output() -> None:
    info = helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, None)
    node = helper.make_node("SequenceConstruct", ["x"], ["y"])
    proto = onnx_models.model([node], [onnx_models.tensor("x", [1])], [info], [])
    with pytest.raises(ModelRejected, match="output y is a sequence") as caught:
        read_onnx(io.BytesIO(proto.SerializeToString()), "m")
    assert "zipmap" in caught.value.fix


@pytest.mark.parametrize(
    ("info", "message"),
    [
        (onnx_models.tensor("x", [1], TensorProto.BFLOAT16), "element type BF16"),
        (onnx_models.tensor("x", None), "input x has no declared shape"),
        (onnx_models.tensor("x", [0, 2]), r"has the shape \[0, 2\]"),
    ],
)
def test_inputs_that_triton_could_not_take(info: Any, message: str) -> None:
    node = helper.make_node("Identity", ["x"], ["y"])
    proto = onnx_models.model([node], [info], [onnx_models.tensor("y", [1])], [])
    with pytest.raises(ModelRejected, match=message):
        read_onnx(io.BytesIO(proto.SerializeToString()), "m")


def with_dims(x: Dims, y: Dims) -> Any:
    return onnx_models.model(
        [helper.make_node("Identity", ["x"], ["y"])],
        [onnx_models.tensor("x", x)],
        [onnx_models.tensor("y", y)],
        [],
    )


@pytest.mark.parametrize(
    ("x", "y", "batched"),
    [
        (["batch", 4], ["batch", 3], True),
        (["batch", 4], ["anything", 3], True),
        (["N", "time", 4], ["N", "time", 3], True),
        (["N", "H", "W"], ["N", "W", "H"], True),
        (["batch", 32, "time"], ["time", "batch", 4], False),
        (["time", "batch", 4], ["time", "batch", 4], False),
        (["N", 1, "T"], ["T", "N", 4], False),
        (["N", "N"], ["N", "N"], False),
    ],
)
def test_names_of_sizes_show_where_the_batch_is(x: Dims, y: Dims, *, batched: bool) -> None:
    example = [of("x", [size if isinstance(size, int) else 2 for size in x[batched:]])]
    graph = read_graph(io.BytesIO(with_dims(x, y).SerializeToString()))
    inputs, outputs = tensors_of(graph)
    assert batch_is_elsewhere([each.dim_names for each in (*inputs, *outputs)]) is not batched
    assert signature(with_dims(x, y), inputs=example).max_batch_size == (8 if batched else 0)


def test_deploy_yaml_decides_about_the_batch() -> None:
    model = with_dims(["time", "batch", 4], ["time", "batch", 4])
    example = [of("x", [2, 4])]
    assert signature(model, inputs=example, max_batch_size=2).max_batch_size == 2
