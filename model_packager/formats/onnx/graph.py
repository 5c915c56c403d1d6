"""Reads the graph of an ONNX file without onnx or protobuf: its signature and its operators.

It skips the weights. The field numbers are those of onnx/onnx.proto.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from model_packager.formats.onnx.external_data import MAX_RANK, ExternalFiles, external_entry
from model_packager.formats.onnx.scope import Node, Scope
from model_packager.formats.protobuf import MAX_FIELDS, Message, ProtobufDamaged, signed
from model_packager.rejection import refusal
from model_packager.signature import MAX_TENSORS

MAX_NAMES_BYTES = 16 * 1024 * 1024
MAX_NODES = 40_000
"""The maximum in all graphs and functions together. A large language model has 20,000."""

MAX_DEPTH = 32
"""The maximum depth of graphs within If, Loop and Scan."""

_MODEL_IR, _MODEL_GRAPH, _MODEL_OPSET, _MODEL_FUNCTION = 1, 7, 8, 25
_OPSET_DOMAIN, _OPSET_VERSION = 1, 2
_FUNCTION_NAME, _FUNCTION_NODE, _FUNCTION_OPSET, _FUNCTION_DOMAIN = 1, 7, 9, 10
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_SPARSE = 1, 5, 11, 12, 15
_NODE_INPUT, _NODE_OUTPUT, _NODE_OPERATOR, _NODE_ATTRIBUTE, _NODE_DOMAIN = 1, 2, 4, 5, 7
_ATTRIBUTE_NAME, _ATTRIBUTE_TENSORS = 1, (5, 10)
_ATTRIBUTE_GRAPHS, _ATTRIBUTE_SPARSE = (6, 11), (22, 23)
_SPARSE_PARTS = (1, 2)
_INFO_NAME, _INFO_TYPE = 1, 2
_TYPE_TENSOR = 1
_OTHER_TYPES = {4: "sequence", 5: "map", 8: "sparse tensor", 9: "optional"}
_TENSOR_ELEMENT, _TENSOR_SHAPE = 1, 2
_SHAPE_DIM, _DIM_VALUE, _DIM_PARAM = 1, 1, 2

Operator = tuple[str, str]
"""An operator's domain, which is empty for ONNX's own operators, and its name."""


@dataclass(frozen=True)
class OnnxTensor:
    """One input or output of the graph.

    Attributes:
        name: the tensor's name.
        kind: "tensor", or another ONNX type such as "sequence".
        element: TensorProto.DataType.
        dims: the sizes, -1 if variable; None if the model declares no shape.
        dim_names: the name of each variable size (dim_param); empty if it has none.
    """

    name: str
    kind: str
    element: int
    dims: tuple[int, ...] | None
    dim_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class OnnxGraph:
    """An ONNX model without its weights.

    Attributes:
        inputs: the inputs without initializers, which are weights.
        outputs: the outputs in the model's order.
        ir_version: the version of the file format.
        opsets: the version of each domain's operator set; the empty domain is ONNX's own.
        operators: the operators that the nodes use, without the model's own functions.
        external: the weight files.
        dangling: a value that a node or an output needs and no node produces; None without one.
        fault: another reason why ONNX Runtime refuses the graph (`Scope.fault`).
    """

    inputs: tuple[OnnxTensor, ...]
    outputs: tuple[OnnxTensor, ...]
    ir_version: int
    opsets: Mapping[str, int]
    operators: frozenset[Operator]
    external: ExternalFiles
    dangling: str | None
    fault: str | None


def read_graph(file: BinaryIO) -> OnnxGraph:
    """Read an ONNX model without its weights.

    Args:
        file: the seekable file, possibly remote.

    Raises:
        ProtobufDamaged: the file is not an ONNX model, or exceeds a limit of this reader.
    """
    with refusal(ProtobufDamaged):
        return _ModelReader(Message(file)).read()


class _ModelReader:
    """Collects the attributes of `OnnxGraph`."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._opsets: dict[str, int] = {}
        self._operators: set[Operator] = set()
        self._functions: dict[Operator, str | None] = {}
        self._fault: str | None = None
        self._external = ExternalFiles()
        self._names_bytes = self._nodes = 0

    def read(self) -> OnnxGraph:
        ir_version, graphs = 0, list[tuple[int, int]]()
        for number, start, end, value in self._message.fields(0, self._message.size):
            if number == _MODEL_IR:
                ir_version = signed(value)
            elif number == _MODEL_GRAPH:
                graphs.append((start, end))
            elif number == _MODEL_OPSET:
                self._take_opset(start, end)
            elif number == _MODEL_FUNCTION:
                self._take_function(start, end)
        if len(graphs) != 1:
            raise ProtobufDamaged(f"it contains {len(graphs)} graphs, not one")
        scope = self._graph(*graphs[0], depth=0)
        inputs = tuple(each for each in scope.inputs if each.name not in scope.weights)
        if len(inputs) > MAX_TENSORS:
            raise ProtobufDamaged(f"its graph has more than {MAX_TENSORS:,} inputs")
        return OnnxGraph(
            inputs=inputs,
            outputs=tuple(scope.outputs),
            ir_version=ir_version,
            opsets=self._opsets,
            operators=frozenset(self._operators - self._functions.keys()),
            external=self._external,
            dangling=min(scope.unresolved(), default=None),
            fault=self._fault or self._fault_of_a_function(),
        )

    def _fault_of_a_function(self) -> str | None:
        """Return the fault of a called function. ONNX Runtime does not check other functions."""
        called = (fault for each, fault in self._functions.items() if each in self._operators)
        return next((fault for fault in called if fault is not None), None)

    def _take_opset(self, start: int, end: int) -> None:
        domain, version = "", 0
        for number, inner_start, inner_end, value in self._message.fields(start, end):
            if number == _OPSET_DOMAIN:
                domain = self._name(inner_start, inner_end)
            elif number == _OPSET_VERSION:
                version = signed(value)
        domain = "" if domain == "ai.onnx" else domain
        self._opsets[domain] = max(version, self._opsets.get(domain, 0))

    def _take_function(self, start: int, end: int) -> None:
        name, domain, scope = "", "", Scope[OnnxTensor]()
        for number, inner_start, inner_end, _ in self._message.fields(start, end):
            if number == _FUNCTION_NAME:
                name = self._name(inner_start, inner_end)
            elif number == _FUNCTION_DOMAIN:
                domain = self._name(inner_start, inner_end)
            elif number == _FUNCTION_OPSET:
                self._take_opset(inner_start, inner_end)
            elif number == _FUNCTION_NODE:
                self._take_node(inner_start, inner_end, scope, depth=0)
        self._functions[domain, name] = scope.fault()

    def _graph(self, start: int, end: int, *, depth: int) -> Scope[OnnxTensor]:
        if depth > MAX_DEPTH:
            raise ProtobufDamaged(f"its graphs are nested more than {MAX_DEPTH} deep")
        scope = Scope[OnnxTensor]()
        for number, inner_start, inner_end, _ in self._message.fields(start, end):
            if number == _GRAPH_NODE:
                self._take_node(inner_start, inner_end, scope, depth=depth)
            elif number in (_GRAPH_INPUT, _GRAPH_OUTPUT):
                tensors = scope.inputs if number == _GRAPH_INPUT else scope.outputs
                tensors.append(_value_info(self._message, inner_start, inner_end))
                self._count("".join(tensors[-1].dim_names))
                # Before version 4 of the format every weight is an input as well.
                if len(scope.outputs) > MAX_TENSORS or len(scope.inputs) > MAX_FIELDS // 20:
                    raise ProtobufDamaged(
                        f"its graph has more than {MAX_TENSORS:,} inputs or outputs"
                    )
            elif number == _GRAPH_INITIALIZER:
                scope.weights.add(self._take_tensor(inner_start, inner_end))
            elif number == _GRAPH_SPARSE:
                scope.weights.add(self._take_sparse(inner_start, inner_end))
        self._fault = self._fault or scope.fault(nested=depth > 0)
        return scope

    def _take_node(self, start: int, end: int, scope: Scope[OnnxTensor], *, depth: int) -> None:
        operator, domain, node = "", "", Node()
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ProtobufDamaged(f"it has more than {MAX_NODES:,} nodes")
        for number, inner_start, inner_end, _ in self._message.fields(start, end):
            if number == _NODE_INPUT:
                node.needs.add(self._name(inner_start, inner_end))
            elif number == _NODE_OUTPUT:
                node.gives.append(self._name(inner_start, inner_end))
            elif number == _NODE_OPERATOR:
                operator = self._name(inner_start, inner_end)
            elif number == _NODE_DOMAIN:
                domain = self._name(inner_start, inner_end)
            elif number == _NODE_ATTRIBUTE:
                for inner in self._attribute_graphs(inner_start, inner_end):
                    node.needs |= self._graph(*inner, depth=depth + 1).unresolved()
        used = ("" if domain == "ai.onnx" else domain, operator)
        self._operators.add(used)
        if used == ("", "Constant"):
            scope.weights.update(node.gives)
        else:
            scope.nodes.append(node)

    def _attribute_graphs(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the graphs of an attribute, and collect its tensors.

        A list has one field for each number, so reading stops at the first number.
        """
        for number, inner_start, inner_end, _ in self._message.fields(start, end):
            if number in _ATTRIBUTE_GRAPHS:
                yield inner_start, inner_end
            elif number in _ATTRIBUTE_TENSORS:
                self._take_tensor(inner_start, inner_end)
            elif number in _ATTRIBUTE_SPARSE:
                self._take_sparse(inner_start, inner_end)
            elif number != _ATTRIBUTE_NAME:
                return

    def _take_sparse(self, start: int, end: int) -> str:
        """Return the name of a sparse tensor, which is the name of its values."""
        names = [
            self._take_tensor(inner_start, inner_end)
            for number, inner_start, inner_end, _ in self._message.fields(start, end)
            if number in _SPARSE_PARTS
        ]
        return names[0] if names else ""

    def _take_tensor(self, start: int, end: int) -> str:
        name, entry = external_entry(self._message, start, end)
        self._count(name)
        if entry is not None:
            self._count(entry.location)
            self._external.add(entry)
        return name

    def _name(self, start: int, end: int) -> str:
        name = self._message.text(start, end)
        self._count(name)
        return name

    def _count(self, name: str) -> None:
        self._names_bytes += len(name)
        if self._names_bytes > MAX_NAMES_BYTES:
            raise ProtobufDamaged("the names of its weights and nodes are too long")


def _value_info(message: Message, start: int, end: int) -> OnnxTensor:
    name, kind, element = "", "unknown", 0
    dims: list[tuple[int, str]] | None = None
    for number, inner_start, inner_end, _ in message.fields(start, end):
        if number == _INFO_NAME:
            name = message.text(inner_start, inner_end)
        elif number == _INFO_TYPE:
            for type_number, type_start, type_end, _ in message.fields(inner_start, inner_end):
                if type_number == _TYPE_TENSOR:
                    kind = "tensor"
                    element, dims = _tensor_type(message, type_start, type_end)
                elif type_number in _OTHER_TYPES:
                    kind = _OTHER_TYPES[type_number]
    sizes = None if dims is None else tuple(size for size, _ in dims)
    return OnnxTensor(name, kind, element, sizes, tuple(named for _, named in dims or ()))


def _tensor_type(
    message: Message, start: int, end: int
) -> tuple[int, list[tuple[int, str]] | None]:
    element = 0
    dims: list[tuple[int, str]] | None = None
    for number, inner_start, inner_end, value in message.fields(start, end):
        if number == _TENSOR_ELEMENT:
            element = value
        elif number == _TENSOR_SHAPE:
            dims = []
            for dim_number, dim_start, dim_end, _ in message.fields(inner_start, inner_end):
                if dim_number == _SHAPE_DIM:
                    dims.append(_dim(message, dim_start, dim_end))
            if len(dims) > MAX_RANK:
                raise ProtobufDamaged(f"it has a tensor of more than {MAX_RANK} dimensions")
    return element, dims


def _dim(message: Message, start: int, end: int) -> tuple[int, str]:
    """Return a size and its name; -1 if it has a name, is missing, or means "open"."""
    size, name = -1, ""
    for number, inner_start, inner_end, value in message.fields(start, end):
        if number == _DIM_VALUE:
            size, name = value if 0 <= value < 2**63 else -1, ""
        elif number == _DIM_PARAM:
            size, name = -1, message.text(inner_start, inner_end)
    return size, name
