"""Writes saved_model.pb field by field, because TensorFlow is not a dependency.

Field numbers: saved_model.proto, meta_graph.proto and tensor_shape.proto in tensorflow/tensorflow.
"""

from __future__ import annotations

FLOAT, DOUBLE, BFLOAT16 = 1, 2, 14

Tensor = tuple[int, list[int] | None]
"""The DataType and the sizes; None for an unknown rank."""


def number(value: int) -> bytes:
    value %= 2**64
    head = b""
    while value >= 0x80:
        head, value = head + bytes([value & 0x7F | 0x80]), value >> 7
    return head + bytes([value])


def field(which: int, content: bytes | int | str) -> bytes:
    if isinstance(content, int):
        return number(which << 3) + number(content)
    content = content.encode() if isinstance(content, str) else content
    return number(which << 3 | 2) + number(len(content)) + content


def entry(which: int, key: str, value: bytes) -> bytes:
    return field(which, field(1, key) + field(2, value))


def tensor(dtype: int, sizes: list[int] | None) -> bytes:
    shape = field(3, 1) if sizes is None else b"".join(field(2, field(1, each)) for each in sizes)
    return field(1, "op:0") + field(2, dtype) + field(3, shape)


def signature(inputs: dict[str, Tensor], outputs: dict[str, Tensor]) -> bytes:
    return b"".join(
        entry(which, name, tensor(*each))
        for which, tensors in ((1, inputs), (2, outputs))
        for name, each in tensors.items()
    )


X: dict[str, Tensor] = {"x": (FLOAT, [-1, 4])}
Y: dict[str, Tensor] = {"y": (FLOAT, [-1, 3])}
INITIALIZER = {"__saved_model_init_op": signature({}, {"__saved_model_init_op": (0, None)})}


def saved_model(
    inputs: dict[str, Tensor] = X,
    outputs: dict[str, Tensor] = Y,
    *,
    name: str = "serving_default",
    tag: str = "serve",
    signatures: dict[str, bytes] | None = None,
) -> bytes:
    """Return a saved_model.pb with an empty graph, as tf.saved_model.save writes its signatures."""
    if signatures is None:
        signatures = {**INITIALIZER, name: signature(inputs, outputs)}
    graph = field(1, field(4, tag) + field(5, "2.16.1")) + field(2, b"")
    graph += b"".join(entry(5, key, value) for key, value in signatures.items())
    return field(1, 1) + field(2, graph)
