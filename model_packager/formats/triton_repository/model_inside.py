"""Checks that a config fits the model file in the archive, with the reader of its format.

Sources: `ValidateInputs` and `ValidateOutputs` in triton-inference-server/onnxruntime_backend,
src/onnxruntime.cc, and `CompareDimsSupported` in src/onnxruntime_utils.cc.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from model_packager.formats.aot_inductor import read_package
from model_packager.formats.onnx.format import read_loadable
from model_packager.formats.onnx.graph import OnnxGraph, OnnxTensor
from model_packager.formats.onnx.runtime_support import require_operators, require_versions
from model_packager.formats.pbtxt_reader import Message
from model_packager.formats.tensorrt_engine import read_engine
from model_packager.formats.triton_backends import TritonBackend
from model_packager.formats.triton_repository.completion import TYPES, complete, left_to_triton
from model_packager.formats.triton_repository.config.model_config import (
    AGAIN,
    ModelConfig,
    dtype,
    flag,
    integer,
    integers,
    message_of,
    messages,
    naming_file,
    text,
)
from model_packager.formats.triton_repository.inside.saved_model import check_saved_model
from model_packager.formats.triton_repository.inside.torchscript import check_torchscript
from model_packager.formats.triton_repository.python_code import check_python_code
from model_packager.formats.triton_repository.repository_files import RepositoryFiles
from model_packager.rejection import ModelRejected

ReleaseCheck = Callable[[str], None]
"""Raises ModelRejected if a Triton release, such as "26.05", does not load the model."""


@dataclass(frozen=True)
class ModelInside:
    """One version of a model.

    Attributes:
        config: the model's config, as Triton completes it.
        require_release: raises ModelRejected if a Triton release does not load the version.
    """

    config: ModelConfig
    require_release: ReleaseCheck = lambda _release: None


def read_model_inside(
    files: RepositoryFiles, config: ModelConfig, backend: TritonBackend, path: str
) -> ModelInside:
    """Check one version's model file against the model's config.

    Args:
        files: the repository.
        config: the model's config.
        backend: the backend that Triton chooses for it.
        path: the path of the model's file in the model's folder.

    Raises:
        ModelRejected: Triton does not load the model.
    """
    check = _CHECKS.get(backend.platform or backend.name)
    if backend.completes:
        config = left_to_triton(config)
    inside = check(files, config, path) if check is not None else None
    return inside or ModelInside(config)


def _onnx(files: RepositoryFiles, stated: ModelConfig, path: str) -> ModelInside:
    graph = onnx_graph(files, stated, path)
    config = complete(stated, graph, path)
    inputs = messages(config.message, "input")
    if inputs:
        _check_count(config, graph, inputs, path)
    for kind, tensors in (("input", graph.inputs), ("output", graph.outputs)):
        for declared in messages(config.message, kind):
            _check_onnx_tensor(config, kind, declared, tensors, path)
    return ModelInside(config, lambda release: _require_release(config, graph, path, release))


def onnx_graph(files: RepositoryFiles, config: ModelConfig, path: str) -> OnnxGraph:
    """Read the graph of an ONNX file in the archive.

    Raises:
        ModelRejected: the file is not an ONNX model, or a file next to it is missing.
    """
    with naming_file(config, path):
        graph = read_loadable(files.open(config.model, path))
    folder, place = posixpath.dirname(path), f"{config.model:.120}/{path:.200}"
    there = files.models[config.model].files
    for name, needed in graph.external.files.items():
        file = posixpath.normpath(f"{folder}/{name}")
        if file not in there or not file.startswith(f"{folder}/"):
            raise ModelRejected(
                f"{place} reads weights, such as {needed.tensor:.120}, from the file {name:.200}, "
                f"but the archive has no {config.model:.120}/{file:.200}.",
                f"Put the file with the weights there, {AGAIN}",
            )
        size = there[file][1]
        if size < needed.min_bytes:
            raise ModelRejected(
                f"{config.model:.120}/{file:.200} has {size:,} bytes, but {place} reads the weight "
                f"{needed.tensor:.120} up to byte {needed.min_bytes:,}.",
                f"Use both files of the same export, {AGAIN}",
            )
    return graph


def _require_release(config: ModelConfig, graph: OnnxGraph, path: str, release: str) -> None:
    with naming_file(config, path):
        require_versions(graph, release)
        if "model_operations" not in config.message:  # its library adds operators
            require_operators(graph, release)


def _check_count(config: ModelConfig, graph: OnnxGraph, inputs: list[Message], path: str) -> None:
    if _has_further_inputs(config):
        return
    if len(inputs) != len(graph.inputs):
        names = ", ".join(each.name for each in graph.inputs)
        raise config.rejected_field(
            "input",
            f"it declares {len(inputs)} input(s), but {path:.200} has {len(graph.inputs)}: "
            f"{names:.300}.",
            "Declare each input of the model once, or remove all inputs and outputs: Triton then "
            "takes them from the model",
        )


def _has_further_inputs(config: ModelConfig) -> bool:
    """Return whether Triton adds inputs to those of clients."""
    return "sequence_batching" in config.message or "batch_input" in config.message


def _check_onnx_tensor(
    config: ModelConfig, kind: str, declared: Message, tensors: tuple[OnnxTensor, ...], path: str
) -> None:
    name = text(declared, "name")
    tensor = next((each for each in tensors if each.name == name), None)
    if tensor is None:
        if kind == "input" and _has_further_inputs(config):
            return
        names = ", ".join(each.name for each in tensors)
        raise config.rejected(
            declared.line_of("name"),
            f"the {kind} {name!r:.120} is not in {path:.200}, which has {names:.300}.",
            f"Write the model's own name of the {kind}",
        )
    known = TYPES[tensor.element] if tensor.element < len(TYPES) else None
    if tensor.kind != "tensor":
        raise config.rejected(
            declared.line_of("name"),
            f"the {kind} {name!r:.120} is a {tensor.kind} in {path:.200}, and Triton serves "
            "tensors only.",
            "Export the model with tensors only (scikit-learn: `options={'zipmap': False}`)",
        )
    if known is not None and dtype(declared) != known:
        raise config.rejected(
            declared.line_of("data_type"),
            f"the {kind} {name!r:.120} is {dtype(declared)}, but {known} in {path:.200}.",
            f"Write `data_type: TYPE_{known}`",
        )
    if tensor.dims is not None and not flag(declared, "allow_ragged_batch"):
        _check_onnx_dims(config, kind, declared, tensor.dims, path)


def _check_onnx_dims(
    config: ModelConfig, kind: str, declared: Message, shape: tuple[int, ...], path: str
) -> None:
    largest = integer(config.message, "max_batch_size")
    reshaped = "reshape" in declared
    name, place = text(declared, "name"), declared.line_of("reshape" if reshaped else "dims")
    dims = integers(message_of(declared, "reshape"), "shape") if reshaped else None
    dims = integers(declared, "dims") if dims is None else dims
    if not shape:
        if any(size != 1 for size in dims):
            raise config.rejected(
                place,
                f"the {kind} {name!r:.120} is a scalar in {path:.200}.",
                "Write `dims: [ 1 ]`, and remove reshape" if reshaped else "Write `dims: [ 1 ]`",
            )
        return
    if largest > 0 and shape[0] != -1:
        raise config.rejected_field(
            "max_batch_size",
            f"max_batch_size is {largest}, but the {kind} {name!r:.120} of {path:.200} has the "
            f"fixed shape {list(shape)}.",
            f"Write `max_batch_size: 0` and the whole shapes as dims ({list(shape)}), or export "
            "the model with a variable batch dimension",
        )
    whole = (-1, *dims) if largest > 0 else dims
    fits = len(whole) == len(shape) and all(
        have == want or have == -1 for have, want in zip(shape, whole, strict=True)
    )
    if not fits:
        right = list(shape[1:] if largest > 0 else shape)
        raise config.rejected(
            place,
            f"the {kind} {name!r:.120} has the {'reshape' if reshaped else 'dims'} {list(dims)}, "
            f"but the shape {list(shape)} in {path:.200}"
            + (f", and max_batch_size {largest} puts the batch first." if largest else "."),
            f"Write `reshape: {{ shape: {right} }}`, and dims with as many elements"
            if reshaped
            else f"Write `dims: {right}`",
        )


_Check = Callable[[RepositoryFiles, ModelConfig, str], "ModelInside | None"]


def _with_reader(read: Callable[[BinaryIO, str], object]) -> _Check:
    def check(files: RepositoryFiles, config: ModelConfig, path: str) -> None:
        with naming_file(config, path):
            read(files.open(config.model, path), config.model)

    return check


def _python(files: RepositoryFiles, config: ModelConfig, path: str) -> ModelInside:
    completes = check_python_code(files, config, path)
    return ModelInside(left_to_triton(config) if completes else config)


_CHECKS: dict[str, _Check] = {
    "pytorch_libtorch": check_torchscript,
    "libtorch": check_torchscript,
    "tensorflow_savedmodel": check_saved_model,
    "torch_aoti": _with_reader(read_package),
    "onnxruntime_onnx": _onnx,
    "tensorrt_plan": _with_reader(read_engine),
    "python": _python,
}
