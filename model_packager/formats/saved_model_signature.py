"""Reads the signature of a SavedModel's saved_model.pb without TensorFlow.

It skips the graph. The field numbers are those of saved_model.proto, meta_graph.proto and
tensor_shape.proto in tensorflow/tensorflow, tensorflow/core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from model_packager.formats.protobuf import Message, ProtobufDamaged, signed
from model_packager.rejection import refusal
from model_packager.signature import MAX_TENSORS

DEFAULT_TAG = "serve"
DEFAULT_SIGNATURE = "serving_default"
MAX_RANK = 254
"""TensorFlow's own limit (tensorflow/core/framework/tensor_shape.h)."""

TYPES = {
    **{1: "FP32", 2: "FP64", 3: "INT32", 4: "UINT8", 5: "INT16", 6: "INT8", 7: "STRING"},
    **{9: "INT64", 10: "BOOL", 17: "UINT16", 19: "FP16", 22: "UINT32", 23: "UINT64"},
}
"""Triton's names of the DataTypes (types.proto) that its TensorFlow backend converts."""

_META_GRAPH = 2
_META_INFO, _META_SIGNATURE = 1, 5
_INFO_TAG = 4
_KEY, _VALUE = 1, 2
_INPUT, _OUTPUT = 1, 2
_TENSOR_TYPE, _TENSOR_SHAPE = 2, 3
_SHAPE_DIM, _DIM_SIZE = 2, 1
_NOT_SERVED = ("__saved_model_init_op", "__saved_model_train_op")


@dataclass(frozen=True)
class SavedTensor:
    """An input or output.

    Attributes:
        dtype: Triton's name of the element type; None if its TensorFlow backend does not support
            it.
        shape: the sizes, -1 if variable; empty for a scalar or a tensor of unknown rank.
    """

    dtype: str | None
    shape: tuple[int, ...]


@dataclass(frozen=True)
class SavedSignature:
    """The inputs and outputs of a signature, by name."""

    inputs: Mapping[str, SavedTensor]
    outputs: Mapping[str, SavedTensor]


def signatures_of(file: BinaryIO, tag: str = DEFAULT_TAG) -> dict[str, SavedSignature]:
    """Return the signatures that requests can use, by name.

    Args:
        file: the seekable saved_model.pb, whose graph is not read.
        tag: the tag of the graph.

    Raises:
        ProtobufDamaged: the file is damaged, exceeds a limit of this reader, or has no graph or
            several graphs with the tag.
    """
    with refusal(ProtobufDamaged):
        message = Message(file)
        found = [
            signatures
            for number, start, end, _ in message.fields(0, message.size)
            if number == _META_GRAPH
            for tags, signatures in [_meta_graph(message, start, end)]
            if tag in tags
        ]
    if len(found) != 1:
        raise ProtobufDamaged(f"it has {len(found)} graphs with the tag {tag!r:.120}, not one")
    return found[0]


def chosen_signature(signatures: Mapping[str, SavedSignature], name: str) -> SavedSignature | None:
    """Return the signature that Triton uses: the named one, otherwise any other.

    Returns:
        The signature; None if Triton may use any of several others.
    """
    if name in signatures:
        return signatures[name]
    return next(iter(signatures.values())) if len(signatures) == 1 else None


def _meta_graph(
    message: Message, start: int, end: int
) -> tuple[set[str], dict[str, SavedSignature]]:
    tags, signatures = set[str](), dict[str, SavedSignature]()
    for number, inner_start, inner_end, _ in message.fields(start, end):
        if number == _META_INFO:
            tags |= {
                message.text(tag_start, tag_end)
                for info, tag_start, tag_end, _ in message.fields(inner_start, inner_end)
                if info == _INFO_TAG
            }
        elif number == _META_SIGNATURE:
            name, value = _entry(message, inner_start, inner_end)
            if name not in _NOT_SERVED:
                signatures[name] = _signature(message, *value)
    return tags, signatures


def _entry(message: Message, start: int, end: int) -> tuple[str, tuple[int, int]]:
    """Return the key of a map's entry, and the place of its value."""
    key, value = "", (start, start)
    for number, inner_start, inner_end, _ in message.fields(start, end):
        if number == _KEY:
            key = message.text(inner_start, inner_end)
        elif number == _VALUE:
            value = inner_start, inner_end
    return key, value


def _signature(message: Message, start: int, end: int) -> SavedSignature:
    inputs, outputs = (
        dict(_tensors(message, start, end, _INPUT)),
        dict(_tensors(message, start, end, _OUTPUT)),
    )
    if max(len(inputs), len(outputs)) > MAX_TENSORS:
        raise ProtobufDamaged(f"a signature has more than {MAX_TENSORS:,} inputs or outputs")
    return SavedSignature(inputs, outputs)


def _tensors(
    message: Message, start: int, end: int, kind: int
) -> Iterator[tuple[str, SavedTensor]]:
    for number, inner_start, inner_end, _ in message.fields(start, end):
        if number == kind:
            name, value = _entry(message, inner_start, inner_end)
            yield name, _tensor(message, *value)


def _tensor(message: Message, start: int, end: int) -> SavedTensor:
    dtype, shape = 0, list[int]()
    for number, inner_start, inner_end, value in message.fields(start, end):
        if number == _TENSOR_TYPE:
            dtype = value
        elif number == _TENSOR_SHAPE:
            shape = [
                _size(message, dim_start, dim_end)
                for part, dim_start, dim_end, _ in message.fields(inner_start, inner_end)
                if part == _SHAPE_DIM
            ]
            if len(shape) > MAX_RANK:
                raise ProtobufDamaged(f"it has a tensor of more than {MAX_RANK} dimensions")
    return SavedTensor(TYPES.get(dtype), tuple(shape))


def _size(message: Message, start: int, end: int) -> int:
    sizes = [value for number, _, _, value in message.fields(start, end) if number == _DIM_SIZE]
    return signed(sizes[-1]) if sizes else 0
