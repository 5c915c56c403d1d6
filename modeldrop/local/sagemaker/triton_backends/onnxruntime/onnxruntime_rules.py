"""The checks of Triton's ONNX Runtime backend on a model and its configuration.

Source: triton-inference-server/onnxruntime_backend, src/onnxruntime.cc (ValidateInputs,
ValidateOutputs) and src/onnxruntime_utils.cc (CompareDimsSupported). The error messages are
the backend's; those that start with "modeldrop:" are specific to this replacement.

Pure: no onnxruntime, no Triton.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TEXT = "tensor(string)"

# From ONNX Runtime's type names (Python API, NodeArg.type) to Triton's.
DTYPES = {
    TEXT: "STRING",
    "tensor(bool)": "BOOL",
    "tensor(uint8)": "UINT8",
    "tensor(uint16)": "UINT16",
    "tensor(uint32)": "UINT32",
    "tensor(uint64)": "UINT64",
    "tensor(int8)": "INT8",
    "tensor(int16)": "INT16",
    "tensor(int32)": "INT32",
    "tensor(int64)": "INT64",
    "tensor(float16)": "FP16",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
}


class Refused(Exception):
    """The ONNX Runtime backend rejects this model with this configuration."""


@dataclass(frozen=True)
class Node:
    """An input or output of the model.

    Attributes:
        name: the tensor's name.
        type: ONNX Runtime's type name, such as "tensor(float)".
        shape: the sizes; -1 for a dynamic size.
    """

    name: str
    type: str
    shape: tuple[int, ...]


def check(
    model: str, inputs: Sequence[Node], outputs: Sequence[Node], config: Mapping[str, Any]
) -> None:
    """Check a model against its configuration.

    Args:
        model: the model's name, for messages.
        inputs: the model's inputs, without initializers.
        outputs: the model's outputs.
        config: the model configuration as Triton's JSON.

    Raises:
        Refused: the backend would reject the model; the message is the backend's.
    """
    configured = config.get("input", [])
    required = [each for each in configured if not each.get("optional")]
    if len(required) != len(inputs):
        raise Refused(
            f"unable to load model '{model}', configuration expects {len(required)} inputs, model "
            f"provides {len(inputs)}"
        )
    largest = int(config.get("max_batch_size", 0))
    for tensor in configured:
        _check_tensor(model, "input", inputs, tensor, largest, exact=False)
    for tensor in config.get("output", []):
        _check_tensor(model, "output", outputs, tensor, largest, exact=True)


@dataclass(frozen=True)
class Completion:
    """The values that the backend adds to a config.

    Attributes:
        max_batch_size: the new value.
        dynamic_batching: whether to turn on dynamic batching.
        inputs: the inputs as in config.pbtxt; empty to keep the config's inputs.
        outputs: the outputs as in config.pbtxt; empty to keep the config's outputs.
    """

    max_batch_size: int
    dynamic_batching: bool
    inputs: tuple[dict[str, Any], ...]
    outputs: tuple[dict[str, Any], ...]


DEFAULT_MAX_BATCH_SIZE = 4
"""The default of --backend-config=default-max-batch-size (Triton server documentation, model
configuration)."""


def is_complete(config: Mapping[str, Any]) -> bool:
    """Return whether the config is complete, so that the backend adds nothing."""
    return bool((config.get("input") or config.get("batch_input")) and config.get("output"))


def complete(
    model: str, inputs: Sequence[Node], outputs: Sequence[Node], config: Mapping[str, Any]
) -> Completion:
    """Complete a config (`AutoCompleteConfig` in src/onnxruntime.cc).

    Raises:
        Refused: the backend would reject the model; the message is the backend's.
    """
    largest = int(config.get("max_batch_size", 0))
    can_batch = all(node.shape and node.shape[0] == -1 for node in (*inputs, *outputs))
    if largest and not can_batch:
        raise Refused(
            f"autofill failed for model '{model}': model does not support batching while non-zero "
            "max_batch_size is specified"
        )
    largest = largest or (DEFAULT_MAX_BATCH_SIZE if can_batch else 0)
    has_inputs = config.get("input") or config.get("batch_input")
    return Completion(
        max_batch_size=largest,
        dynamic_batching=largest > 1
        and "dynamic_batching" not in config
        and "sequence_batching" not in config,
        inputs=() if has_inputs else tuple(_completed(each, largest) for each in inputs),
        outputs=()
        if config.get("output")
        else tuple(_completed(each, largest) for each in outputs),
    )


def _completed(node: Node, largest: int) -> dict[str, Any]:
    dims = list(node.shape[1:] if largest else node.shape)
    if node.type not in DTYPES:
        raise Refused(f"modeldrop: '{node.name}' is a {node.type}, which has no type in Triton")
    tensor = {"name": node.name, "data_type": f"TYPE_{DTYPES[node.type]}", "dims": dims or [1]}
    return tensor | ({"reshape": {"shape": []}} if largest and not dims else {})


def _check_tensor(
    model: str,
    kind: str,
    nodes: Sequence[Node],
    tensor: Mapping[str, Any],
    largest: int,
    *,
    exact: bool,
) -> None:
    name, dtype = tensor["name"], tensor["data_type"]
    node = next((each for each in nodes if each.name == name), None)
    if node is None:
        allowed = ", ".join(sorted(each.name for each in nodes))
        raise Refused(f"unexpected inference {kind} '{name}', allowed {kind}s are: {allowed}")
    if node.type not in DTYPES:
        raise Refused(
            f"modeldrop: {kind} '{name}' is a {node.type}, which the local stand-in for the ONNX "
            "Runtime backend does not support"
        )
    if dtype != f"TYPE_{DTYPES[node.type]}":
        raise Refused(
            f"unable to load model '{model}', configuration expects datatype {dtype} for {kind} "
            f"'{name}', model provides TYPE_{DTYPES[node.type]}"
        )
    reshape = tensor.get("reshape")
    dims = tuple(int(size) for size in (reshape.get("shape", []) if reshape else tensor["dims"]))
    if node.shape:
        _compare(model, node, dims, largest, exact=exact)
    elif any(size != 1 for size in dims):
        raise Refused(
            f"unable to load model '{model}', scalar tensor '{name}', should only provide 1 in the "
            "model configuration when the model doesn't support batching. Model configuration "
            f"provided: {_text(dims)}."
        )


def _compare(model: str, node: Node, dims: tuple[int, ...], largest: int, *, exact: bool) -> None:
    where = f"model '{model}', tensor '{node.name}': "
    if largest > 0 and node.shape[0] != -1:
        raise Refused(
            f"{where}for the model to support batching the shape should have at least 1 dimension "
            "and the first dimension must be -1; but shape expected by the model is "
            f"{_text(node.shape)}"
        )
    full = (-1, *dims) if largest > 0 else dims
    if len(full) == len(node.shape) and all(
        have == want or (have == -1 and not exact)
        for have, want in zip(node.shape, full, strict=True)
    ):
        return
    batch = (
        " (an initial batch dimension because max_batch_size > 0 followed by the explicit tensor "
        f"shape, making complete shape {_text(full)})"
        if largest > 0
        else f" (shape {_text(full)})"
    )
    raise Refused(
        f"{where}the model expects {len(node.shape)} dimensions (shape {_text(node.shape)}) but "
        f"the model configuration specifies {len(full)} dimensions{batch}"
    )


def _text(shape: Sequence[int]) -> str:
    return f"[{','.join(map(str, shape))}]"
