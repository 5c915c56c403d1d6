"""Completes a config without inputs or outputs as Triton's ONNX Runtime backend does.

The container's `serve` script does not disable this. Source: `AutoCompleteConfig`,
`AutoCompleteMaxBatch` and `AutoCompleteIO` in triton-inference-server/onnxruntime_backend,
src/onnxruntime.cc, the same from 23.12 to 26.05. The backend takes the shapes that ONNX Runtime
infers, which may be narrower than those in the file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from model_packager.formats.onnx.graph import OnnxGraph, OnnxTensor
from model_packager.formats.pbtxt_reader import Message, parse_pbtxt
from model_packager.formats.triton_repository.config.model_config import AGAIN, ModelConfig, integer
from model_packager.rejection import ModelRejected
from model_packager.repository.config_pbtxt import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEFAULT_MAX_BATCH_SIZE = 4
"""The default of default-max-batch-size (triton-inference-server/core, src/backend_model.cc)."""

TYPES = (
    *("INVALID", "FP32", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64"),
    *("STRING", "BOOL", "FP16", "FP64", "UINT32", "UINT64"),
)
"""Triton's name of each TensorProto.DataType (onnx/onnx.proto)."""


def complete(config: ModelConfig, graph: OnnxGraph, path: str) -> ModelConfig:
    """Return a config as Triton completes it; unchanged if it has inputs and outputs.

    Args:
        config: the model's config; empty if the repository has none.
        graph: the graph of the model's ONNX file.
        path: the path of that file in the model's folder.

    Raises:
        ModelRejected: Triton cannot complete the config, or the file does not show how it does.
    """
    known = config.message
    missing = {
        kind: tensors
        for kind, tensors, fields in (
            ("input", graph.inputs, ("input", "batch_input")),
            ("output", graph.outputs, ("output",)),
        )
        if not any(field in known for field in fields)
    }
    if not missing:
        return config
    largest = _max_batch_size(config, graph, path)
    lines = [f"max_batch_size: {largest}"] if not integer(known, "max_batch_size") else []
    for kind, tensors in missing.items():
        lines += [f"{kind} [", *_entries(config, kind, tensors, largest, path), "]"]
    if largest > 1 and "dynamic_batching" not in known and "sequence_batching" not in known:
        lines.append("dynamic_batching { }")
    return _extended(config, lines, tuple(missing))


def left_to_triton(config: ModelConfig) -> ModelConfig:
    """Return a config that another backend completes; its `completed` names the fields."""
    open_fields = [] if integer(config.message, "max_batch_size") else ["max_batch_size"]
    if not ("input" in config.message or "output" in config.message):
        open_fields += ["input", "output"]
    return replace(config, completed=tuple(open_fields))


def _max_batch_size(config: ModelConfig, graph: OnnxGraph, path: str) -> int:
    """Return the config's batch size, or else the default if all tensors have a batch."""
    tensors = (*graph.inputs, *graph.outputs)
    for each in tensors:
        if each.dims is None:
            raise ModelRejected(
                f"{config.path} leaves inputs or outputs to Triton, but the file {path:.200} does "
                f"not declare the shape of {each.name:.120}, so Modeldrop cannot check the model.",
                "Declare all inputs and outputs in config.pbtxt, or add the shapes to the file "
                f"(`onnx.shape_inference.infer_shapes`); {AGAIN}",
            )
    stated = integer(config.message, "max_batch_size")
    fixed = next((each for each in tensors if each.dims is None or each.dims[:1] != (-1,)), None)
    if fixed is None:
        return stated or DEFAULT_MAX_BATCH_SIZE
    if stated:
        raise config.rejected_field(
            "max_batch_size",
            f"max_batch_size is {stated}, but {fixed.name:.120} has the shape "
            f"{list(fixed.dims or ())} in {path:.200}, without a variable first dimension for the "
            "batch.",
            "Remove it, or export the model with a variable batch dimension",
        )
    return 0


def _entries(
    config: ModelConfig, kind: str, tensors: Iterable[OnnxTensor], largest: int, path: str
) -> Iterator[str]:
    for index, each in enumerate(tensors):
        if each.kind != "tensor" or not 0 < each.element < len(TYPES):
            raise ModelRejected(
                f"The {kind} {each.name:.120} of {config.model:.120}/{path:.200} is a {each.kind} "
                "of a type that Triton does not have.",
                "Export the model with tensors only (scikit-learn: `options={'zipmap': False}`), "
                f"with bfloat16 converted to float; {AGAIN}",
            )
        dims = (each.dims or ())[1 if largest else 0 :]
        reshape = " reshape: { shape: [ ] }" if largest and not dims else ""
        yield (
            f"  {',' if index else ' '} {{ name: {quoted(each.name)} "
            f"data_type: TYPE_{TYPES[each.element]} "
            f"dims: [ {', '.join(map(str, dims or (1,)))} ]{reshape} }}"
        )


def _extended(config: ModelConfig, lines: list[str], kinds: tuple[str, ...]) -> ModelConfig:
    """Add lines to a config, in its text and in its message."""
    text = config.text
    if text is None:
        text = f'name: {quoted(config.model)}\nplatform: "onnxruntime_onnx"\n'
    text += "" if text.endswith("\n") or not text else "\n"
    before = text.count("\n") + 1
    added = "\n".join(["# Triton adds this from the model:", *lines]) + "\n"
    message = Message()
    for source in (config.message, parse_pbtxt("\n" * (before - 1) + added)):
        for field, values in source.items():
            message.setdefault(field, []).extend(values)
            message.lines.setdefault(field, []).extend(source.lines[field])
    return ModelConfig(config.model, message, text + added, completed=kinds)
