"""ONNX files for docs/model-files.md, with the names to drop them as."""

from __future__ import annotations

from typing import Any

from onnx import helper

from tests import onnx_models
from tests.unit.model_packager.model_files import ModelFile


def _changed(**fields: Any) -> bytes:
    proto = onnx_models.linear()
    for name, value in fields.items():
        setattr(proto, name, value)
    written: bytes = proto.SerializeToString()
    return written


def _newer_opset() -> bytes:
    proto = onnx_models.linear()
    proto.opset_import[0].version = 26
    written: bytes = proto.SerializeToString()
    return written


def _with_operator() -> bytes:
    proto = onnx_models.linear()
    proto.graph.node.append(helper.make_node("MyOp", ["y"], ["z"], domain="my.domain"))
    written: bytes = proto.SerializeToString()
    return written


def _without_producer() -> bytes:
    proto = onnx_models.linear()
    proto.graph.node[0].input[1] = "gone"
    written: bytes = proto.SerializeToString()
    return written


def _with_output(size: int | str) -> bytes:
    proto = onnx_models.linear()
    proto.graph.output[0].CopyFrom(onnx_models.tensor("y", ["batch", size]))
    written: bytes = proto.SerializeToString()
    return written


def _with_two_outputs() -> bytes:
    proto = onnx_models.linear()
    proto.graph.node.append(helper.make_node("Relu", ["y"], ["positive"]))
    proto.graph.output.append(onnx_models.tensor("positive", ["batch", 3]))
    written: bytes = proto.SerializeToString()
    return written


def _external(path: str = "model.onnx.data") -> bytes:
    written: bytes = onnx_models.with_external_weights(
        onnx_models.linear(), path
    ).SerializeToString()
    return written


WEIGHTS = {"model.onnx.data": 48}
"""The files next to the model, with their sizes in bytes."""

ONNX_FILES = {
    "with all its weights": ModelFile(lambda: _changed()),
    "with weights in model.onnx.data next to it": ModelFile(_external),
    "an output of variable size": ModelFile(lambda: _with_output("open")),
    "an output that deploy.yaml corrects": ModelFile(
        lambda: _with_output(7), "outputs: [{name: y, dtype: FP32, dims: [3]}]"
    ),
    "fewer outputs in deploy.yaml than the model returns": ModelFile(
        _with_two_outputs, "outputs: [{name: y, dtype: FP32, dims: [3]}]"
    ),
    "with weights in a file that is missing": ModelFile(lambda: _external("weights.bin")),
    "with weights outside of its folder": ModelFile(lambda: _external("../weights.bin")),
    "a newer IR version than the image reads": ModelFile(lambda: _changed(ir_version=14)),
    "a newer operator set": ModelFile(_newer_opset),
    "an operator of another domain": ModelFile(_with_operator),
    "a value that nothing produces": ModelFile(_without_producer),
    "saved_model.pb": ModelFile(lambda: b"\x08\x01\x12\x04\x0a\x02\x22\x00"),
    "Core ML (.mlmodel)": ModelFile(lambda: b"\x08\x04\x12\x02\x0a\x00\xa2\x1f\x00"),
}
"""The files by kind, in the order of docs/model-files.md."""
