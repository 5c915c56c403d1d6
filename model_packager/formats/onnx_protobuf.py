"""Reads the signature of an ONNX file, one protobuf message, without onnx or protobuf.

It follows only the fields that lead to the graph's inputs, outputs and initializers, and skips the
weights. The field numbers are those of onnx/onnx.proto; the wire format is that of
the Protocol Buffers documentation, "Encoding".
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from model_packager.rejection import refusal
from model_packager.signature import MAX_TENSORS

MAX_FIELDS = 1_000_000
"""A large language model has about ten thousand nodes. A million fields take two seconds."""

MAX_NAME_BYTES = 1024
MAX_NAMES_BYTES = 16 * 1024 * 1024
MAX_RANK = 64

_CHUNK_BYTES = 8 * 1024
_VARINT, _FIXED64, _LEN, _FIXED32 = 0, 1, 2, 5
_MODEL_GRAPH = 7
_GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_SPARSE = 5, 11, 12, 15
_INITIALIZER_NAME, _INITIALIZER_LOCATION = 8, 14
_EXTERNAL = 1
_SPARSE_VALUES = 1
_INFO_NAME, _INFO_TYPE = 1, 2
_TYPE_TENSOR = 1
_OTHER_TYPES = {4: "sequence", 5: "map", 8: "sparse tensor", 9: "optional"}
_TENSOR_ELEMENT, _TENSOR_SHAPE = 1, 2
_SHAPE_DIM, _DIM_VALUE, _DIM_PARAM = 1, 1, 2


class OnnxDamaged(Exception):
    """The file is not an ONNX model, or it is damaged. The message has the cause.

    Attributes:
        cut_short: the file is truncated.
    """

    def __init__(self, how: str, *, cut_short: bool = False) -> None:
        super().__init__(how)
        self.cut_short = cut_short


@dataclass(frozen=True)
class OnnxTensor:
    """One input or output of the graph.

    Attributes:
        name: the tensor's name.
        kind: "tensor", or another kind, such as "sequence".
        element: TensorProto.DataType.
        dims: sizes, -1 if open; None if the model declares no shape.
    """

    name: str
    kind: str
    element: int
    dims: tuple[int, ...] | None


@dataclass(frozen=True)
class OnnxGraph:
    """The inputs and outputs of an ONNX model, without initializers, which are weights.

    Attributes:
        external: the name of a weight in another file; None if this file contains all weights.
    """

    inputs: tuple[OnnxTensor, ...]
    outputs: tuple[OnnxTensor, ...]
    external: str | None


def read_graph(file: BinaryIO) -> OnnxGraph:
    """Read an ONNX model's inputs and outputs.

    Args:
        file: seekable, possibly remote.

    Raises:
        OnnxDamaged: this is not an ONNX model, or it exceeds a limit of this reader.
    """
    with refusal(OnnxDamaged):
        return _read(_Message(file))


def _read(message: "_Message") -> OnnxGraph:
    spans = [
        (start, end)
        for number, start, end, _ in message.fields(0, message.size)
        if number == _MODEL_GRAPH
    ]
    if len(spans) != 1:
        raise OnnxDamaged(f"it holds {len(spans)} graphs, not one")
    reader = _GraphReader()
    for number, start, end, _ in message.fields(*spans[0]):
        reader.take(message, number, start, end)
    weights = reader.initializers
    inputs = tuple(each for each in reader.inputs if each.name not in weights)
    if len(inputs) > MAX_TENSORS:
        raise OnnxDamaged(f"its graph has more than {MAX_TENSORS:,} inputs")
    return OnnxGraph(inputs, tuple(reader.outputs), reader.external)


@dataclass
class _GraphReader:
    inputs: list[OnnxTensor] = field(default_factory=list)
    outputs: list[OnnxTensor] = field(default_factory=list)
    initializers: set[str] = field(default_factory=set)
    external: str | None = None
    names_bytes: int = 0

    def take(self, message: "_Message", number: int, start: int, end: int) -> None:
        if number in (_GRAPH_INPUT, _GRAPH_OUTPUT):
            tensors = self.inputs if number == _GRAPH_INPUT else self.outputs
            tensors.append(_value_info(message, start, end))
            # Before version 4 of the format every weight is an input as well.
            if len(self.outputs) > MAX_TENSORS or len(self.inputs) > MAX_FIELDS // 10:
                raise OnnxDamaged(f"its graph has more than {MAX_TENSORS:,} inputs or outputs")
        elif number == _GRAPH_INITIALIZER:
            self._take_initializer(message, start, end)
        elif number == _GRAPH_SPARSE:
            for inner, inner_start, inner_end, _ in message.fields(start, end):
                if inner == _SPARSE_VALUES:
                    self._take_initializer(message, inner_start, inner_end)

    def _take_initializer(self, message: "_Message", start: int, end: int) -> None:
        name, location = "", 0
        for number, inner_start, inner_end, value in message.fields(start, end):
            if number == _INITIALIZER_NAME:
                name = message.text(inner_start, inner_end)
            elif number == _INITIALIZER_LOCATION:
                location = value
        self.names_bytes += len(name)
        if self.names_bytes > MAX_NAMES_BYTES:
            raise OnnxDamaged("the names of its weights are too long")
        self.initializers.add(name)
        if location == _EXTERNAL and self.external is None:
            self.external = name


def _value_info(message: "_Message", start: int, end: int) -> OnnxTensor:
    name, kind, element = "", "unknown", 0
    dims: tuple[int, ...] | None = None
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
    return OnnxTensor(name, kind, element, dims)


def _tensor_type(message: "_Message", start: int, end: int) -> tuple[int, tuple[int, ...] | None]:
    element = 0
    dims: list[int] | None = None
    for number, inner_start, inner_end, value in message.fields(start, end):
        if number == _TENSOR_ELEMENT:
            element = value
        elif number == _TENSOR_SHAPE:
            dims = []
            for dim_number, dim_start, dim_end, _ in message.fields(inner_start, inner_end):
                if dim_number == _SHAPE_DIM:
                    dims.append(_dim(message, dim_start, dim_end))
            if len(dims) > MAX_RANK:
                raise OnnxDamaged(f"it has a tensor of more than {MAX_RANK} dimensions")
    return element, None if dims is None else tuple(dims)


def _dim(message: "_Message", start: int, end: int) -> int:
    """A size; -1 for a name (dim_param), a missing size, and the exporters' values for "open"."""
    size = -1
    for number, _, _, value in message.fields(start, end):
        if number == _DIM_VALUE:
            size = value if 0 <= value < 2**63 else -1
        elif number == _DIM_PARAM:
            size = -1
    return size


class _Message:
    """A protobuf message in a file. It locates fields without reading their content."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, io.SEEK_END)
        self._data = b""
        self._at = 0
        self._fields = 0

    def fields(self, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """Return each field's number, the start and end of its content, and its value if numeric.

        Raises:
            OnnxDamaged: this is not a protobuf message, or it has too many fields.
        """
        position = start
        while position < end:
            self._fields += 1
            if self._fields > MAX_FIELDS:
                raise OnnxDamaged(f"it has more than {MAX_FIELDS:,} parts")
            tag, position = self._varint(position, end)
            number, wire = tag >> 3, tag & 7
            value = 0
            content = position
            if wire == _VARINT:
                value, position = self._varint(position, end)
            elif wire == _LEN:
                length, content = self._varint(position, end)
                position = content + length
            elif wire in (_FIXED32, _FIXED64):
                position += 4 if wire == _FIXED32 else 8
            else:
                raise OnnxDamaged(f"it is not a protobuf message (wire type {wire})")
            if number == 0:
                raise OnnxDamaged("it is not a protobuf message (field number 0)")
            if position > end:
                raise OnnxDamaged(
                    f"a part of it would end at byte {position:,}, but it has {end:,} bytes",
                    cut_short=end == self.size,
                )
            yield number, content, position, value

    def text(self, start: int, end: int) -> str:
        """Read a name."""
        if end - start > MAX_NAME_BYTES:
            raise OnnxDamaged(f"it has a name of more than {MAX_NAME_BYTES:,} bytes")
        self._file.seek(start)
        content = self._file.read(end - start)
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise OnnxDamaged("it has a name that is not text") from error

    def _varint(self, position: int, end: int) -> tuple[int, int]:
        value = 0
        for shift in range(0, 70, 7):
            if position >= end:
                raise OnnxDamaged("it ends within a number", cut_short=end == self.size)
            byte = self._byte(position)
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, position
        raise OnnxDamaged("it is not a protobuf message (a number of more than ten bytes)")

    def _byte(self, position: int) -> int:
        index = position - self._at
        if not 0 <= index < len(self._data):
            self._file.seek(position)
            self._data = self._file.read(_CHUNK_BYTES)
            self._at, index = position, 0
            if not self._data:
                raise OnnxDamaged("it became shorter during reading", cut_short=True)
        return self._data[index]
