from __future__ import annotations

import io
from typing import Any

import pytest
from onnx import helper

from model_packager.formats.onnx.format import read_onnx
from model_packager.rejection import ModelRejected
from tests import onnx_models
from tests.unit.model_packager.inspected import inspected


def rejection(proto: Any) -> ModelRejected:
    with pytest.raises(ModelRejected) as caught:
        read_onnx(io.BytesIO(proto.SerializeToString()), "m")
    return caught.value


@pytest.mark.parametrize("kind", ["input", "output"])
def test_graph_without(kind: str) -> None:
    proto = onnx_models.linear()
    del getattr(proto.graph, kind)[:]
    with pytest.raises(ModelRejected, match=f"has no {kind}"):
        read_onnx(io.BytesIO(proto.SerializeToString()), "m")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 bytes"),
        (b"\0" * 2000, "zero bytes"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"PK\x03\x04" + b"x" * 100, "zip archive"),
        (b"\x89HDF\r\n\x1a\n" + b"x" * 100, "another kind of file"),
        (b"\x07\x01" * 600, "not an ONNX model, or it is damaged"),
        (onnx_models.linear().SerializeToString()[:60], "its end is missing"),
    ],
)
def test_other_files(content: bytes, message: str) -> None:
    with pytest.raises(ModelRejected, match=message):
        read_onnx(io.BytesIO(content), "m")


def field(number: int, content: bytes | int) -> bytes:
    """Return a field of a protobuf message. Numbers must be small."""
    tag = (number << 3) | (0 if isinstance(content, int) else 2)
    head = bytes([tag]) if tag < 0x80 else bytes([tag & 0x7F | 0x80, tag >> 7])
    return head + (bytes([content]) if isinstance(content, int) else sized(content))


def sized(content: bytes) -> bytes:
    return bytes([len(content)]) + content


SAVED_MODEL = field(1, 1) + field(2, field(1, field(4, b"serve") + field(5, b"2.15.0")))
CORE_ML = field(1, 4) + field(2, field(1, field(1, b"image"))) + field(500, field(1, b"layer"))
GRAPH_DEF = field(1, field(1, b"x") + field(2, b"Placeholder")) + field(1, field(1, b"y"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (SAVED_MODEL, "saved_model.pb of a TensorFlow SavedModel"),
        (CORE_ML, "Core ML model"),
        (GRAPH_DEF, "TensorFlow graph"),
    ],
)
@pytest.mark.parametrize("name", ["model.onnx", "model.pt"])
def test_other_protobuf_messages_are_named(content: bytes, words: str, name: str) -> None:
    with pytest.raises(ModelRejected, match=words):
        inspected(content, name)


@pytest.mark.parametrize("kind", ["input", "output"])
def test_nameless_tensor(kind: str) -> None:
    proto = onnx_models.linear()
    getattr(proto.graph, kind).append(onnx_models.tensor("", [1]))
    assert f"{kind} 1 has no name" in rejection(proto).cause


def test_two_inputs_with_one_name() -> None:
    proto = onnx_models.linear()
    proto.graph.input.append(onnx_models.tensor("x", ["batch", 4]))
    assert "two inputs with the name x" in rejection(proto).cause


def test_value_that_nothing_produces() -> None:
    proto = onnx_models.linear()
    proto.graph.node[0].input[1] = "gone"
    assert "needs the value gone" in rejection(proto).cause


def test_input_of_8_tib() -> None:
    shape = [2**20, 2**21]
    proto = onnx_models.model(
        [helper.make_node("Identity", ["x"], ["y"])],
        [onnx_models.tensor("x", [*shape])],
        [onnx_models.tensor("y", [*shape])],
        [],
    )
    with pytest.raises(ModelRejected, match="8,796,093,022,208 bytes or more"):
        inspected(onnx_models.content(proto), "model.onnx")
