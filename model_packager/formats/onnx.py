"""ONNX models (model.onnx): the signature is in the file.

Triton's ONNX Runtime backend matches inputs and outputs by name and takes no other names, types or
ranks than the model's; an output's sizes have to be the model's exactly. Source: `ValidateInputs`
and `ValidateOutputs` in triton-inference-server/onnxruntime_backend, src/onnxruntime.cc.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from model_packager.dtype import Dtype
from model_packager.formats import file_kind
from model_packager.formats.base import Content, ModelFormat
from model_packager.formats.onnx_protobuf import OnnxDamaged, OnnxGraph, OnnxTensor, read_graph
from model_packager.rejection import ModelRejected, SpecRejected
from model_packager.signature import DEFAULT_MAX_BATCH_SIZE, Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.triton_spec import TensorSpec

_AGAIN = "then upload the model again"
_EXPORT = (
    "Export the model to ONNX with all its weights in one file, such as `torch.onnx.export(model, "
    "example_inputs, 'model.onnx', external_data=False)`, and upload that file as model.onnx."
)

# TensorProto.DataType (onnx/onnx.proto).
_DTYPES = {
    1: Dtype.FP32,
    2: Dtype.UINT8,
    3: Dtype.INT8,
    5: Dtype.INT16,
    6: Dtype.INT32,
    7: Dtype.INT64,
    9: Dtype.BOOL,
    10: Dtype.FP16,
    11: Dtype.FP64,
}
_OTHER_DTYPES = {4: "UINT16", 8: "STRING", 12: "UINT32", 13: "UINT64", 16: "BF16"}


@dataclass(frozen=True)
class _Known:
    """A tensor of the model, of a type that is deployed. `shape` has the batch, if there is one.

    A scalar, of no dimensions, is [1] to Triton: ONNX Runtime's backend asks for 1 and turns it.
    """

    name: str
    dtype: Dtype
    shape: tuple[int, ...]

    def dims(self, max_batch_size: int) -> tuple[int, ...]:
        return (self.shape[1:] if max_batch_size > 0 else self.shape) or (1,)

    @property
    def is_open(self) -> bool:
        return bool(self.shape) and self.shape[0] == -1


def read_onnx(file: BinaryIO, model: str) -> Content:  # noqa: ARG001 - as every format is read
    """Read an ONNX model's inputs and outputs, and refuse what Triton could not serve.

    Args:
        file: seekable; its weights are not read.
        model: the name to serve it under.

    Raises:
        ModelRejected: this is no ONNX model, or not one that Triton's ONNX Runtime serves.
    """
    _refuse_other_kinds(file_kind.head_of(file))
    try:
        graph = read_graph(file)
    except OnnxDamaged as damage:
        raise _damaged(damage) from damage
    _refuse_what_is_missing(graph)
    inputs = [_known("input", each) for each in graph.inputs]
    outputs = [_known("output", each) for each in graph.outputs]
    return Content(signature=lambda spec: _signature(inputs, outputs, spec))


def is_onnx(file: BinaryIO) -> bool:
    """Return whether a file begins as a ModelProto does.

    That is field 1, ir_version (a small number), then another of its fields as bytes.
    """
    head = file_kind.head_of(file)
    return re.match(rb"\x08[\x01-\x20](?:[\x12\x1a\x22\x32\x3a\x42]|\x28)", head) is not None


ONNX = ModelFormat(
    object_name="model.onnx",
    title="an ONNX model",
    summary="ONNX, with all weights in the same file",
    spec="nothing",
    read=read_onnx,
    engine=("platform", "onnxruntime_onnx"),
    path="1/model.onnx",
    recognizes=is_onnx,
)


def _refuse_other_kinds(head: bytes) -> None:
    if head.startswith(file_kind.ZIP_MAGIC):
        raise ModelRejected(
            "The file is a zip archive, as PyTorch writes them, and no ONNX model.",
            "Upload a TorchScript file as model.pt; or export the model to ONNX. " + _EXPORT,
        )
    kind = file_kind.of_head(head)
    if kind in (
        file_kind.EMPTY,
        file_kind.ZEROS,
        file_kind.WEB_PAGE,
        file_kind.LFS_POINTER,
    ):
        raise kind.rejected()
    if kind is not file_kind.UNKNOWN:
        raise ModelRejected(
            "The file is no ONNX model: it begins as another kind of file does.", _EXPORT
        )


def _damaged(damage: OnnxDamaged) -> ModelRejected:
    if damage.cut_short:
        return ModelRejected(
            f"The file begins as an ONNX model and its end is missing: {damage}. It was cut short, "
            "by a full disk or a broken upload.",
            "Compare the sizes after the upload, and upload the model again.",
        )
    return ModelRejected(f"The file is no ONNX model, or a damaged one: {damage}.", _EXPORT)


def _refuse_what_is_missing(graph: OnnxGraph) -> None:
    if graph.external is not None:
        raise ModelRejected(
            f"The ONNX model keeps weights in another file (the first is {graph.external:.120}), "
            "and one file is dropped.",
            "Write it as one file, `onnx.save_model(onnx.load('model.onnx'), 'whole.onnx')`, and "
            "upload that as model.onnx. Above 2 GB, which one ONNX file cannot hold, pack a model "
            "repository with both files beside each other, and upload it as model.tar.gz.",
        )
    for kind, tensors in (("input", graph.inputs), ("output", graph.outputs)):
        if not tensors:
            raise ModelRejected(
                f"The ONNX model has no {kind}, and Triton needs at least one.", _EXPORT
            )


def _known(kind: str, tensor: OnnxTensor) -> _Known:
    if tensor.kind != "tensor":
        raise ModelRejected(
            f"The ONNX model's {kind} {tensor.name:.120} is a {tensor.kind}, and Triton's ONNX "
            "Runtime backend takes tensors only.",
            "Export the model with tensors alone (scikit-learn: `to_onnx(model, X, "
            "options={'zipmap': False})`), and upload that file.",
        )
    dtype = _DTYPES.get(tensor.element)
    if dtype is None:
        named = _OTHER_DTYPES.get(tensor.element, f"number {tensor.element}")
        raise ModelRejected(
            f"The ONNX model's {kind} {tensor.name:.120} has the element type {named}, and "
            f"{', '.join(Dtype)} are deployed.",
            "Convert the tensor inside the model (a Cast node), or leave text to the client; "
            "export it again, and upload it.",
        )
    if tensor.dims is None:
        raise ModelRejected(
            f"The ONNX model does not say which shape its {kind} {tensor.name:.120} has.",
            "Run `onnx.shape_inference.infer_shapes` on the model, or export it again with a "
            "current exporter; save and upload it.",
        )
    if 0 in tensor.dims:
        raise ModelRejected(
            f"The ONNX model's {kind} {tensor.name:.120} has the shape {list(tensor.dims)}, which "
            "holds nothing, and Triton takes no dimension of 0.",
            "Export the model without that tensor, and upload that file.",
        )
    return _Known(tensor.name, dtype, tensor.dims)


def _signature(inputs: list[_Known], outputs: list[_Known], spec: DeploySpec) -> Signature:
    _check_names("inputs", inputs, spec.inputs, every=True)
    _check_names("outputs", outputs, spec.outputs, every=False)
    max_batch_size = _batch(inputs, outputs, spec)
    declared_inputs = {each.name: each for each in spec.inputs or ()}
    declared_outputs = {each.name: each for each in spec.outputs or ()}
    all_open = all(each.is_open for each in (*inputs, *outputs))
    return Signature(
        inputs=tuple(
            _input(each, declared_inputs, inputs, max_batch_size, all_open=all_open)
            for each in _in_order(inputs, declared_inputs)
        ),
        outputs=tuple(
            _output(each, declared_outputs.get(each.name), max_batch_size)
            for each in _in_order(outputs, declared_outputs)
        ),
        max_batch_size=max_batch_size,
    )


def _in_order(known: list[_Known], declared: dict[str, TensorSpec]) -> list[_Known]:
    by_name = {each.name: each for each in known}
    return [by_name[name] for name in declared] if declared else known


def _check_names(
    key: str, known: list[_Known], declared: Sequence[TensorSpec] | None, *, every: bool
) -> None:
    if declared is None:
        return
    names, requested = {each.name for each in known}, {each.name for each in declared}
    if requested - names or (every and requested != names):
        raise SpecRejected(
            f"The {key} in deploy.yaml are {', '.join(sorted(requested)):.500}, and the ONNX "
            f"model's are {', '.join(sorted(names)):.500}. Triton matches them by name.",
            f"Use the model's own names, or leave {key} out of deploy.yaml, since the model says "
            f"what they are; {_AGAIN}.",
        )


def _batch(inputs: list[_Known], outputs: list[_Known], spec: DeploySpec) -> int:
    """Triton needs a leading open dimension on every input and output to batch requests."""
    requested = spec.max_batch_size
    odd = [each for each in (*inputs, *outputs) if not each.is_open or len(each.shape) < 2]
    if requested is None:
        ranks = {each.name: len(each.dims(0)) for each in inputs}
        whole = spec.inputs is not None and all(
            len(each.dims) == ranks[each.name] for each in spec.inputs
        )
        requested = 0 if odd or whole else DEFAULT_MAX_BATCH_SIZE
    elif requested > 0 and odd:
        raise SpecRejected(
            f"max_batch_size is {requested}, and the ONNX model's tensor {odd[0].name:.120} has "
            f"the shape {list(odd[0].shape)}: to batch, every input and output needs an open first "
            "dimension (-1) and one more after it.",
            "Set max_batch_size to 0 in deploy.yaml; or export the model with an open batch "
            "(`torch.onnx.export(…, dynamic_axes={'input': {0: 'batch'}, …})`); " + _AGAIN + ".",
        )
    return requested


def _input(
    known: _Known,
    declared_inputs: dict[str, TensorSpec],
    inputs: list[_Known],
    max_batch_size: int,
    *,
    all_open: bool,
) -> Tensor:
    declared = declared_inputs.get(known.name)
    dims = known.dims(max_batch_size)
    example = None
    if declared is not None:
        fits = len(declared.dims) == len(dims) and all(
            have in (-1, want) for have, want in zip(dims, declared.dims, strict=True)
        )
        _check_tensor("input", known, declared, dims, max_batch_size, fits=fits)
        dims, example = declared.dims, declared.example_dims
    if example is None and -1 not in dims:
        example = dims
    if example is None and all_open and max_batch_size == 0 and -1 not in dims[1:]:
        example = (1, *dims[1:])  # an open first dimension everywhere is a batch
    if example is None:
        raise _example_missing(known, inputs, max_batch_size)
    return Tensor(name=known.name, dtype=known.dtype, dims=dims, example_dims=example)


def _output(known: _Known, declared: TensorSpec | None, max_batch_size: int) -> Tensor:
    dims = known.dims(max_batch_size)
    if declared is not None:
        _check_tensor("output", known, declared, dims, max_batch_size, fits=declared.dims == dims)
    return Tensor(name=known.name, dtype=known.dtype, dims=dims)


def _check_tensor(
    kind: str,
    known: _Known,
    declared: TensorSpec,
    dims: tuple[int, ...],
    max_batch_size: int,
    *,
    fits: bool,
) -> None:
    if fits and declared.dtype == known.dtype:
        return
    raise SpecRejected(
        f"The {kind} {known.name:.120} is {declared.dtype} {list(declared.dims)} in deploy.yaml, "
        f"and {known.dtype} {list(dims)} in the ONNX model (max_batch_size {max_batch_size}"
        + (": dims are without the batch)." if max_batch_size else ").")
        + " Triton would refuse to load it.",
        f"Write `{{name: {known.name}, dtype: {known.dtype}, dims: {list(dims)}}}` in deploy.yaml, "
        f"or leave it out, since the model says it; {_AGAIN}.",
    )


def _example_missing(known: _Known, inputs: list[_Known], max_batch_size: int) -> SpecRejected:
    lines = []
    for each in inputs:
        dims = list(each.dims(max_batch_size))
        example = ", ".join("SIZE" if size < 0 else str(size) for size in dims)
        line = f"  - {{name: {each.name}, dtype: {each.dtype}, dims: {dims}"
        lines.append(line + (f", example_dims: [{example}]}}" if -1 in dims else "}"))
    return SpecRejected(
        f"The ONNX model's input {known.name:.120} has open sizes, {list(known.shape)}, and "
        "nothing says which to test it with.",
        "Put a file deploy.yaml beside the model with these lines, each SIZE replaced by a number, "
        f"and upload the model again:\nmax_batch_size: {max_batch_size}\ninputs:\n"
        + "\n".join(lines),
    )
