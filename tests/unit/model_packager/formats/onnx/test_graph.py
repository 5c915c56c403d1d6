from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from model_packager.formats.onnx.format import read_loadable
from model_packager.formats.onnx.graph import OnnxGraph, OnnxTensor, read_graph
from model_packager.formats.protobuf import ProtobufDamaged
from model_packager.rejection import ModelRejected
from tests import onnx_models

DIMS = st.lists(
    st.one_of(st.integers(0, 2**40), st.text(min_size=1, max_size=8), st.none()), max_size=6
)
TENSORS = st.dictionaries(
    st.text(min_size=1, max_size=20).filter(lambda name: "\0" not in name),
    st.tuples(DIMS, st.sampled_from([1, 2, 3, 6, 7, 8, 9, 10, 11, 16])),
    max_size=5,
)


def infos(tensors: dict[str, Any]) -> list[Any]:
    return [
        helper.make_tensor_value_info(name, element, dims)
        for name, (dims, element) in tensors.items()
    ]


def expected(tensors: dict[str, Any]) -> tuple[OnnxTensor, ...]:
    return tuple(
        OnnxTensor(
            name,
            "tensor",
            element,
            tuple(size if isinstance(size, int) else -1 for size in dims),
            tuple(size if isinstance(size, str) else "" for size in dims),
        )
        for name, (dims, element) in tensors.items()
    )


@given(inputs=TENSORS, outputs=TENSORS)
def test_files_of_the_onnx_package_are_read(
    inputs: dict[str, Any], outputs: dict[str, Any]
) -> None:
    proto = onnx_models.model([], infos(inputs), infos(outputs), [])
    graph = read_graph(io.BytesIO(proto.SerializeToString()))
    assert graph.inputs == expected(inputs)
    assert graph.outputs == expected(outputs)
    assert not graph.external.files


def test_weights_are_no_inputs_where_old_versions_list_them() -> None:
    proto = onnx_models.linear()
    proto.graph.input.append(onnx_models.tensor("weight", [4, 3]))
    graph = read_graph(io.BytesIO(proto.SerializeToString()))
    assert [each.name for each in graph.inputs] == ["x"]


def test_weights_are_not_read() -> None:
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            content = super().read(size)
            self.taken += len(content)
            return content

    large = numpy_helper.from_array(np.ones((1000, 1000), np.float32), "large")
    proto = onnx_models.linear()
    proto.graph.initializer.extend([large])
    file = Counting(proto.SerializeToString())
    assert [each.name for each in read_graph(file).outputs] == ["y"]
    assert file.taken < 32 * 1024


def test_value_that_is_not_a_tensor_is_named() -> None:
    info = helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, None)
    proto = onnx_models.model([], [], [info], [])
    assert read_graph(io.BytesIO(proto.SerializeToString())).outputs[0].kind == "sequence"


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_file_cut_short(share: float) -> None:
    proto = onnx_models.linear(size=5000)
    content = proto.SerializeToString()
    with pytest.raises(ProtobufDamaged) as caught:
        read_graph(io.BytesIO(content[: int(len(content) * share)]))
    assert caught.value.cut_short


@given(st.binary(max_size=400))
def test_nonsense_is_damage_and_nothing_else(content: bytes) -> None:
    with pytest.raises(ProtobufDamaged):
        read_graph(io.BytesIO(content))


@given(st.data())
def test_damaged_model_is_read_or_damage(data: st.DataObject) -> None:
    content = bytearray(onnx_models.linear().SerializeToString())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ProtobufDamaged):
        read_graph(io.BytesIO(bytes(content)))


@pytest.mark.parametrize(
    ("content", "how"),
    [
        (b"\x3a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", "more than ten bytes"),
        (b"\x08\x08" * 2_000_000, "more than 1,000,000 parts"),
        (b"\x3a\x00\x3a\x00", "2 graphs"),
        (b"\x08\x08", "0 graphs"),
        (b"\x3a\x05\x5a\x03\x0a\x81\x10" + b"x" * 3000, "would end at byte"),
    ],
    ids=["varint", "fields", "graphs", "no graph", "beyond its own message"],
)
@pytest.mark.slow
def test_hostile_files(content: bytes, how: str) -> None:
    with pytest.raises(ProtobufDamaged, match=how):
        read_graph(io.BytesIO(content))


def test_megabyte_name() -> None:
    proto = onnx_models.model([], [onnx_models.tensor("x" * 2000, [1])], [], [])
    with pytest.raises(ProtobufDamaged, match="name of more than"):
        read_graph(io.BytesIO(proto.SerializeToString()))


def graph_of(proto: Any) -> OnnxGraph:
    return read_graph(io.BytesIO(proto.SerializeToString()))


def test_operators_versions_and_functions() -> None:
    proto = onnx_models.linear()
    body = helper.make_node("Gelu", ["a"], ["b"], domain="com.microsoft")
    imports = [helper.make_opsetid("com.microsoft", 1)]
    proto.functions.append(helper.make_function("mine", "Twice", ["a"], ["b"], [body], imports))
    proto.graph.node.append(helper.make_node("Twice", ["y"], ["z"], domain="mine"))
    proto.graph.node.append(helper.make_node("Other", ["y"], ["z2"], domain="mine"))
    graph = graph_of(proto)
    assert graph.operators == {("", "MatMul"), ("com.microsoft", "Gelu"), ("mine", "Other")}
    assert (graph.ir_version, graph.opsets) == (8, {"": 17, "com.microsoft": 1})


def branch(name: str, needed: str, operator: str = "Identity") -> Any:
    node = helper.make_node(
        operator, [needed], [name], domain="" if operator == "Identity" else "m"
    )
    return helper.make_graph([node], name, [], [onnx_models.tensor(name, [1])])


def with_branches(needed: str) -> Any:
    choice = helper.make_node(
        "If",
        ["flag"],
        ["y"],
        then_branch=branch("a", needed, "Odd"),
        else_branch=branch("b", "x"),
    )
    inputs = [onnx_models.tensor("x", [1]), onnx_models.tensor("flag", [], TensorProto.BOOL)]
    return onnx_models.model([choice], inputs, [onnx_models.tensor("y", [1])], [])


def test_branches_see_the_values_of_the_outer_graph() -> None:
    graph = graph_of(with_branches("x"))
    assert graph.dangling is None
    assert ("m", "Odd") in graph.operators
    assert graph_of(with_branches("gone")).dangling == "gone"


@pytest.mark.parametrize("where", ["node", "output"])
def test_value_that_nothing_produces(where: str) -> None:
    proto = onnx_models.linear()
    if where == "node":
        proto.graph.node[0].input[1] = "gone"
    else:
        proto.graph.output[0].name = "gone"
    assert graph_of(proto).dangling == "gone"


def of_nodes(*nodes: Any, weights: tuple[str, ...] = ()) -> str | None:
    """Return the fault of the graph of these nodes, with the inputs x and flag and the output y."""
    inputs = [onnx_models.tensor("x", [1]), onnx_models.tensor("flag", [], TensorProto.BOOL)]
    values = [numpy_helper.from_array(np.ones(1, np.float32), name) for name in weights]
    proto = onnx_models.model(list(nodes), inputs, [onnx_models.tensor("y", [1])], values)
    fault = graph_of(proto).fault
    assert (fault is None) == onnx_runtime_loads(proto)
    return fault


def onnx_runtime_loads(proto: Any) -> bool:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        onnxruntime.InferenceSession(proto.SerializeToString(), options)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("opsets", [[], [0]])
def test_model_without_a_version_of_its_operators(opsets: list[int]) -> None:
    proto = onnx_models.linear()
    del proto.opset_import[:]
    proto.opset_import.extend(helper.make_opsetid("", each) for each in opsets)
    with pytest.raises(ModelRejected, match="names no version of an operator set"):
        read_loadable(io.BytesIO(proto.SerializeToString()))
    assert not onnx_runtime_loads(proto)


def node(needs: str, gives: str) -> Any:
    return helper.make_node("Sum", needs.split(), gives.split())


def choice(*nodes: Any) -> Any:
    """Return an If node with the output y: the output p of the nodes if flag is true, else x."""
    inner = [
        helper.make_graph(list(each), "g", [], [onnx_models.tensor("p", [1])])
        for each in (nodes, [node("x", "p")])
    ]
    return helper.make_node("If", ["flag"], ["y"], then_branch=inner[0], else_branch=inner[1])


def constant(name: str) -> Any:
    value = numpy_helper.from_array(np.ones(1, np.float32))
    return helper.make_node("Constant", [], [name], value=value)


FAULTS: dict[str, tuple[list[Any], str]] = {
    "cycle": ([node("x b", "a"), node("a", "b"), node("b", "y")], "the value a depends on itself"),
    "cycle of one": ([node("x y", "y")], "the value y depends on itself"),
    "cycle that no output needs": (
        [node("b", "a"), node("a", "b"), node("x", "y")],
        "the value a depends on itself",
    ),
    "cycle through a branch": ([choice(node("z", "p")), node("y", "z")], "y depends on itself"),
    "cycle in a branch": ([choice(node("x r", "p"), node("p", "r"))], "p depends on itself"),
    "two results": ([node("x", "y"), node("x", "y")], "the same name for their result, y"),
    "result that is an input": ([node("flag", "x"), node("x", "y")], "their result, x"),
    "result that is a constant": ([constant("k"), node("x", "k"), node("k", "y")], "result, k"),
    "two results in a branch": ([choice(node("x", "p"), node("x", "p"))], "result, p"),
    "order in a branch": ([choice(node("r", "p"), node("x", "r"))], "uses the value r before"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_graph_that_onnx_runtime_refuses(case: str) -> None:
    nodes, cause = FAULTS[case]
    assert cause in (of_nodes(*nodes) or "")


def test_result_that_is_a_weight() -> None:
    assert "their result, w" in (of_nodes(node("x", "w"), node("w", "y"), weights=("w",)) or "")


@pytest.mark.parametrize(
    "nodes",
    [
        [node("a", "y"), node("x", "a")],
        [choice(node("z", "p")), node("x", "z")],
        [constant("k"), constant("k"), node("k x", "y")],
        [helper.make_node("Dropout", ["x"], ["a", ""]), node("a", "y")],
    ],
    ids=["order", "order around a branch", "two constants", "results without a name"],
)
def test_graph_that_onnx_runtime_loads(nodes: list[Any]) -> None:
    assert of_nodes(*nodes) is None


@pytest.mark.parametrize("called", [True, False])
def test_fault_of_a_function_counts_if_it_is_called(called: bool) -> None:
    proto = onnx_models.linear()
    body = [node("i o", "a"), node("a", "o")]
    imports = [helper.make_opsetid("", 17)]
    proto.functions.append(helper.make_function("mine", "Twice", ["i"], ["o"], body, imports))
    proto.opset_import.append(helper.make_opsetid("mine", 1))
    if called:
        proto.graph.node.append(helper.make_node("Twice", ["x"], ["z"], domain="mine"))
    assert (graph_of(proto).fault is not None) == called
    assert onnx_runtime_loads(proto) != called


def nested(levels: int) -> bytes:
    """Return a graph in an attribute (field 6) of a node (5) of a graph (1)."""
    content = b""
    for _ in range(levels):
        for tag in (b"\x32", b"\x2a", b"\x0a"):
            content = tag + length(len(content)) + content
    return b"\x08\x08\x3a" + length(len(content)) + content


def length(size: int) -> bytes:
    return bytes([size & 0x7F | 0x80, size >> 7])


def test_graphs_nested_too_deep() -> None:
    assert read_graph(io.BytesIO(nested(32))).dangling is None
    with pytest.raises(ProtobufDamaged, match="nested more than 32 deep"):
        read_graph(io.BytesIO(nested(33)))


def test_a_long_list_of_numbers_costs_nothing() -> None:
    proto = onnx_models.linear()
    numbers = helper.make_attribute("nodes_values", list(range(1_200_000)))
    proto.graph.node[0].attribute.append(numbers)
    assert graph_of(proto).dangling is None
