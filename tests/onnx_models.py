"""Small real ONNX models, created with the `onnx` package."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Dims = list[int | str | None]


def tensor(name: str, dims: Dims | None, element: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, element, dims)


def model(nodes: list[Any], inputs: list[Any], outputs: list[Any], weights: list[Any]) -> Any:
    graph = helper.make_graph(nodes, "graph", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def linear(batch: str | int = "batch", size: int = 4) -> Any:
    """Return a model from FP32 [batch, size] to FP32 [batch, 3]: each row's sum, three times."""
    weight = numpy_helper.from_array(np.ones((size, 3), np.float32), "weight")
    return model(
        [helper.make_node("MatMul", ["x", "weight"], ["y"])],
        [tensor("x", [batch, size])],
        [tensor("y", [batch, 3])],
        [weight],
    )


def identity(name: str, dims: Dims) -> Any:
    """Return a model from FP32 `name` to an equal output, whose name ends with an apostrophe."""
    return model(
        [helper.make_node("Identity", [name], [f"{name}'"])],
        [tensor(name, dims)],
        [tensor(f"{name}'", dims)],
        [],
    )


def scale(factor: float) -> Any:
    """Return a model from FP32 x [batch, 2] to FP32 y [batch, 2], which is x times a factor."""
    return model(
        [helper.make_node("Mul", ["x", "factor"], ["y"])],
        [tensor("x", ["batch", 2])],
        [tensor("y", ["batch", 2])],
        [numpy_helper.from_array(np.array(factor, np.float32), "factor")],
    )


def sentiment() -> Any:
    """Return a model from STRING text [batch, 1] to STRING label [batch, 1], such as "positive"."""
    words = {"good": "positive", "bad": "negative", "grüße": "höflich"}
    proto = model(
        [
            helper.make_node(
                "LabelEncoder",
                ["text"],
                ["label"],
                domain="ai.onnx.ml",
                keys_strings=list(words),
                values_strings=list(words.values()),
                default_string="unknown",
            )
        ],
        [tensor("text", ["batch", 1], TensorProto.STRING)],
        [tensor("label", ["batch", 1], TensorProto.STRING)],
        [],
    )
    proto.opset_import.append(helper.make_opsetid("ai.onnx.ml", 2))
    return proto


def two_by_two(left: Dims, right: Dims) -> Any:
    """Return a model from FP32 left and INT64 right to FP32 sum and INT64 [] count."""
    return model(
        [
            helper.make_node("Cast", ["right"], ["cast"], to=TensorProto.FLOAT),
            helper.make_node("Add", ["left", "cast"], ["sum"]),
            helper.make_node("Size", ["left"], ["count"]),
        ],
        [tensor("left", left), tensor("right", right, TensorProto.INT64)],
        [tensor("sum", left), tensor("count", [], TensorProto.INT64)],
        [],
    )


def with_external_weights(proto: Any, path: str = "model.onnx.data") -> Any:
    """Move the weights to a file next to the model, which `weights_of` returns."""
    offset = 0
    for weight in proto.graph.initializer:
        size = len(weight.raw_data)
        weight.data_location = TensorProto.EXTERNAL
        weight.ClearField("raw_data")
        for key, value in (("location", path), ("offset", offset), ("length", size)):
            weight.external_data.add(key=key, value=str(value))
        offset += size
    return proto


def weights_of(proto: Any) -> bytes:
    """Return the weights of a model as `with_external_weights` writes them."""
    return b"".join(weight.raw_data for weight in proto.graph.initializer)


def content(proto: Any) -> bytes:
    onnx.checker.check_model(proto)
    written: bytes = proto.SerializeToString()
    return written
