"""ONNX (model.onnx) as a model format. The file contains the signature."""

from typing import BinaryIO

from model_packager.formats import file_kind, unservable_files
from model_packager.formats.base import Content, ModelFormat
from model_packager.formats.onnx.external_data import require_complete, require_readable
from model_packager.formats.onnx.graph import OnnxGraph, read_graph
from model_packager.formats.onnx.runtime_support import require_supported
from model_packager.formats.onnx.signature import output_warnings, resolve_signature, tensors_of
from model_packager.formats.protobuf import ProtobufDamaged
from model_packager.rejection import ModelRejected

_FIRST_WITH_OPSETS = 3
"""The first IR version in which a model must have opset_import (onnx/onnx.proto)."""

_EXPORT = (
    "Export the model to ONNX, such as `torch.onnx.export(model, example_inputs, 'model.onnx')`, "
    "and upload that file as model.onnx."
)


def read_model(file: BinaryIO) -> OnnxGraph:
    """Read an ONNX model's graph, and reject models that no ONNX Runtime loads from a drop.

    Does the same as `read_loadable`, and also checks the paths of the weight files.
    """
    graph = read_loadable(file)
    require_readable(graph.external)
    return graph


def read_loadable(file: BinaryIO) -> OnnxGraph:
    """Read an ONNX model's graph, and reject models that no ONNX Runtime loads from any folder.

    Args:
        file: the seekable model file, whose weights are not read.

    Raises:
        ModelRejected: this is not an ONNX model, or ONNX Runtime cannot load it.
    """
    _refuse_other_kinds(file)
    try:
        graph = read_graph(file)
    except ProtobufDamaged as damage:
        raise _damaged(damage) from damage
    _refuse_incomplete(graph)
    return graph


def read_onnx(file: BinaryIO, model: str) -> Content:  # noqa: ARG001 - the interface of all formats
    """Read an ONNX model's inputs and outputs, and reject models that Triton cannot serve.

    Args:
        file: the seekable model file, whose weights are not read.
        model: the model's name.

    Raises:
        ModelRejected: this is not an ONNX model, or Triton's ONNX Runtime cannot serve it.
    """
    graph = read_model(file)
    inputs, outputs = tensors_of(graph)
    return Content(
        signature=lambda spec: resolve_signature(inputs, outputs, spec),
        warnings=lambda signature, _host: output_warnings(outputs, signature),
        require_release=lambda release: require_supported(graph, release),
        weight_files=tuple(graph.external.files),
        require_weights=lambda sizes: require_complete(graph.external, sizes),
    )


ONNX = ModelFormat(
    object_name="model.onnx",
    title="an ONNX model",
    summary="ONNX, with its weights in the same file or in files next to it (model.onnx.data)",
    spec="nothing",
    read=read_onnx,
    backend_field=("platform", "onnxruntime_onnx"),
    path="1/model.onnx",
    weight_files=lambda file: tuple(read_model(file).external.files),
    recognizes=file_kind.is_onnx,
)


def _refuse_other_kinds(file: BinaryIO) -> None:
    head = file_kind.head_of(file)
    if head.startswith(file_kind.ZIP_MAGIC):
        raise ModelRejected(
            "The file is a zip archive, as PyTorch writes, not an ONNX model.",
            "Upload a TorchScript file as model.pt; or export the model to ONNX. " + _EXPORT,
        )
    kind = file_kind.of_head(head)
    if kind is unservable_files.UNKNOWN:
        kind = file_kind.of_protobuf(file) or kind
    if kind in (
        unservable_files.EMPTY,
        unservable_files.ZEROS,
        unservable_files.WEB_PAGE,
        unservable_files.LFS_POINTER,
        unservable_files.SAVED_MODEL_PB,
        unservable_files.GRAPH_DEF,
        unservable_files.CORE_ML,
    ):
        raise kind.rejected()
    if kind is not unservable_files.UNKNOWN:
        raise ModelRejected(
            "The file is not an ONNX model: it begins like another kind of file.", _EXPORT
        )


def _damaged(damage: ProtobufDamaged) -> ModelRejected:
    if damage.cut_short:
        return ModelRejected(
            f"The file begins as an ONNX model, but its end is missing: {damage}. A full disk or "
            "an interrupted upload may have truncated it.",
            "Compare the sizes after the upload, and upload the model again.",
        )
    return ModelRejected(f"The file is not an ONNX model, or it is damaged: {damage}.", _EXPORT)


def _refuse_incomplete(graph: OnnxGraph) -> None:
    for kind, tensors in (("input", graph.inputs), ("output", graph.outputs)):
        if not tensors:
            raise ModelRejected(
                f"The ONNX model has no {kind}, but Triton needs at least one.", _EXPORT
            )
        names = [each.name for each in tensors]
        if "" in names:
            raise ModelRejected(
                f"The ONNX model's {kind} {names.index('')} has no name, but Triton matches "
                f"{kind}s by name.",
                f"Name it at the export (`torch.onnx.export(…, {kind}_names=[…])`), and upload the "
                "model again.",
            )
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ModelRejected(
                f"The ONNX model has two {kind}s with the name {twice:.120}.",
                f"Give each {kind} its own name at the export, and upload the model again.",
            )
    if graph.ir_version >= _FIRST_WITH_OPSETS and not any(graph.opsets.values()):
        raise ModelRejected(
            "The ONNX model names no version of an operator set (opset_import), and ONNX Runtime "
            "needs one.",
            "Add the one that the model was written for: `model.opset_import.append("
            "onnx.helper.make_opsetid('', 17))`; then save and upload it.",
        )
    if graph.dangling is not None:
        raise ModelRejected(
            f"The ONNX model's graph needs the value {graph.dangling:.120}, which is neither "
            "an input nor a weight nor an output of a node. ONNX Runtime cannot load it.",
            "If the value should be an input, add it to the graph's inputs. Otherwise export the "
            "whole model again, and check it with `onnx.checker.check_model('model.onnx', "
            "full_check=True)`; then upload it.",
        )
    if graph.fault is not None:
        raise ModelRejected(
            f"ONNX Runtime cannot load the ONNX model: {graph.fault}.",
            "Export the whole model again, and check it with `onnx.checker.check_model("
            "'model.onnx', full_check=True)`; then upload it.",
        )
