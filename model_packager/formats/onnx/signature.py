"""The signature of an ONNX model: the declarations in the file, completed by deploy.yaml.

Triton's ONNX Runtime backend matches inputs and outputs by name. Names, types and ranks must match
the model. An output's sizes must equal those that ONNX Runtime infers, which can be narrower than
the file's. The backend adds them to a config without outputs.

Source: `ValidateInputs`, `ValidateOutputs` and `AutoCompleteConfig` in
triton-inference-server/onnxruntime_backend, src/onnxruntime.cc. `AutoCompleteConfig` is the same in
all releases from 23.12 to 26.05.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from model_packager.dtype import Dtype
from model_packager.formats.onnx.graph import OnnxGraph, OnnxTensor
from model_packager.model_warnings import ModelWarning, WarningCode, fewer_outputs
from model_packager.rejection import ModelRejected, SpecRejected
from model_packager.signature import DEFAULT_MAX_BATCH_SIZE, Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.triton_spec import TensorSpec
from model_packager.spec.yaml.lines import open_tensor_line, tensor_line

_AGAIN = "then upload the model again"
# TensorProto.DataType (onnx/onnx.proto).
_DTYPES = {
    1: Dtype.FP32,
    2: Dtype.UINT8,
    3: Dtype.INT8,
    5: Dtype.INT16,
    6: Dtype.INT32,
    7: Dtype.INT64,
    8: Dtype.STRING,
    9: Dtype.BOOL,
    10: Dtype.FP16,
    11: Dtype.FP64,
}
_OTHER_DTYPES = {4: "UINT16", 12: "UINT32", 13: "UINT64", 16: "BF16"}


@dataclass(frozen=True)
class ModelTensor:
    """A tensor of the model, with a supported type.

    Triton sees a scalar, without dimensions, as [1]: the ONNX Runtime backend converts it.

    Attributes:
        name: the tensor's name.
        dtype: the element type.
        shape: the shape, including any batch; None for an output without a declared shape.
        dim_names: the name of each variable size; empty if it has none.
    """

    name: str
    dtype: Dtype
    shape: tuple[int, ...] | None
    dim_names: tuple[str, ...] = ()

    def dims(self, max_batch_size: int) -> tuple[int, ...]:
        """Return the dims for config.pbtxt; [-1] without a declared shape."""
        shape = (-1,) if self.shape is None else self.shape
        return (shape[1:] if max_batch_size > 0 else shape) or (1,)

    def contradicts(self, dims: Sequence[int], max_batch_size: int) -> bool:
        """Return whether the dims do not fit the declared shape."""
        own = self.dims(max_batch_size)
        return self.shape is not None and not (
            len(own) == len(dims)
            and all(have in (-1, want) for have, want in zip(own, dims, strict=True))
        )

    @property
    def is_open(self) -> bool:
        """Whether the first dimension can be a batch."""
        return bool(self.shape) and self.shape is not None and self.shape[0] == -1


def tensors_of(graph: OnnxGraph) -> tuple[list[ModelTensor], list[ModelTensor]]:
    """Return the inputs and outputs of a model.

    Raises:
        ModelRejected: Triton does not support an input or output.
    """
    return (
        [_known("input", each) for each in graph.inputs],
        [_known("output", each) for each in graph.outputs],
    )


def _known(kind: str, tensor: OnnxTensor) -> ModelTensor:
    if tensor.kind != "tensor":
        raise ModelRejected(
            f"The ONNX model's {kind} {tensor.name:.120} is a {tensor.kind}, but Triton's ONNX "
            "Runtime backend supports tensors only.",
            "Export the model with tensors only (scikit-learn: `to_onnx(model, X, "
            "options={'zipmap': False})`), and upload that file.",
        )
    dtype = _DTYPES.get(tensor.element)
    if dtype is None:
        named = _OTHER_DTYPES.get(tensor.element, f"number {tensor.element}")
        raise ModelRejected(
            f"The ONNX model's {kind} {tensor.name:.120} has the element type {named}. The "
            f"supported types are {', '.join(Dtype)}.",
            "Convert the tensor inside the model (a Cast node), export the model again, and upload "
            "it.",
        )
    if tensor.dims is None and kind == "output":
        return ModelTensor(tensor.name, dtype, None)
    if tensor.dims is None:
        raise ModelRejected(
            f"The ONNX model's {kind} {tensor.name:.120} has no declared shape.",
            "Run `onnx.shape_inference.infer_shapes` on the model, or export it again with a "
            "current exporter; save and upload it.",
        )
    if 0 in tensor.dims:
        raise ModelRejected(
            f"The ONNX model's {kind} {tensor.name:.120} has the shape {list(tensor.dims)}, which "
            "is empty. Triton does not accept a dimension of 0.",
            "Export the model without that tensor, and upload that file.",
        )
    return ModelTensor(tensor.name, dtype, tensor.dims, tensor.dim_names)


def resolve_signature(
    inputs: list[ModelTensor], outputs: list[ModelTensor], spec: DeploySpec
) -> Signature:
    """Return the signature; the dims of deploy.yaml may narrow the model's.

    Raises:
        SpecRejected: deploy.yaml contradicts the model, or lacks a test size.
    """
    _check_names("inputs", inputs, spec.inputs, every=True)
    _check_names("outputs", outputs, spec.outputs, every=False)
    max_batch_size = _batch(inputs, outputs, spec)
    declared_inputs = {each.name: each for each in spec.inputs or ()}
    declared_outputs = {each.name: each for each in spec.outputs or ()}
    all_open = all(each.is_open for each in (*inputs, *outputs))
    # If a config has no outputs and max_batch_size 0, Triton sets max_batch_size, too, if all are
    # open.
    completes = len(declared_outputs) in (0, len(outputs)) and (
        max_batch_size > 0 or not all(each.is_open for each in inputs)
    )
    served = _in_order(outputs, declared_outputs)
    return Signature(
        inputs=tuple(
            _input(each, declared_inputs, inputs, max_batch_size, all_open=all_open)
            for each in _in_order(inputs, declared_inputs)
        ),
        outputs=tuple(
            _output(
                outputs.index(each),
                each,
                declared_outputs.get(each.name),
                max_batch_size,
                completes=completes,
            )
            for each in served
        ),
        max_batch_size=max_batch_size,
        completed_by_triton=completes
        and any(
            -1 in each.dims(max_batch_size)
            or (
                each.name in declared_outputs
                and each.contradicts(declared_outputs[each.name].dims, max_batch_size)
            )
            for each in served
        ),
    )


def output_warnings(outputs: list[ModelTensor], signature: Signature) -> tuple[ModelWarning, ...]:
    """Warn about outputs that are not served, and about shapes that differ from the file's."""
    models = {each.name: each for each in outputs}
    return fewer_outputs([each.name for each in signature.outputs], len(outputs)) + tuple(
        ModelWarning(
            code=WarningCode.OUTPUT_SHAPE,
            cause=f"The ONNX file declares the dims "
            f"{list(models[each.name].dims(signature.max_batch_size))} for the output "
            f"{each.name:.120}, but deploy.yaml says {list(each.dims)}. The smoke test checks the "
            "latter.",
            fix="Correct the shape in the file, so that other programs read it too: "
            + _correction(outputs.index(models[each.name]), models[each.name]),
        )
        for each in signature.outputs
        if models[each.name].contradicts(each.dims, signature.max_batch_size)
    )


def _correction(index: int, tensor: ModelTensor) -> str:
    element = next(number for number, dtype in _DTYPES.items() if dtype == tensor.dtype)
    return (
        f"`model.graph.output[{index}].CopyFrom(onnx.helper.make_tensor_value_info("
        f"model.graph.output[{index}].name, {element}, SHAPE))`, with the shape or "
        "None in place of SHAPE."
    )


def _in_order(tensors: list[ModelTensor], declared: dict[str, TensorSpec]) -> list[ModelTensor]:
    by_name = {each.name: each for each in tensors}
    return [by_name[name] for name in declared] if declared else tensors


def _check_names(
    key: str, tensors: list[ModelTensor], declared: Sequence[TensorSpec] | None, *, every: bool
) -> None:
    if declared is None:
        return
    names, requested = {each.name for each in tensors}, {each.name for each in declared}
    if requested - names or (every and requested != names):
        raise SpecRejected(
            f"The {key} in deploy.yaml are {', '.join(sorted(requested)):.500}, but the ONNX "
            f"model's are {', '.join(sorted(names)):.500}. Triton matches them by name.",
            f"Use the model's own names, or remove {key} from deploy.yaml, since the model "
            "declares them; then upload deploy.yaml.",
        )


def _batch(inputs: list[ModelTensor], outputs: list[ModelTensor], spec: DeploySpec) -> int:
    """Return max_batch_size. Batches need a variable first size on every input and output."""
    requested = spec.max_batch_size
    odd = [each for each in (*inputs, *outputs) if not each.is_open or len(each.shape or ()) < 2]
    if requested is None:
        ranks = {each.name: len(each.dims(0)) for each in inputs}
        whole = spec.inputs is not None and all(
            len(each.dims) == ranks[each.name] for each in spec.inputs
        )
        elsewhere = batch_is_elsewhere([each.dim_names for each in (*inputs, *outputs)])
        requested = 0 if odd or whole or elsewhere else DEFAULT_MAX_BATCH_SIZE
    elif requested > 0 and odd:
        raise SpecRejected(
            f"max_batch_size is {requested}, but the ONNX model's tensor {odd[0].name:.120} has "
            f"the shape {_shown(odd[0].shape)}. For batches, every input and output needs a "
            "variable first dimension (-1) and at least one more.",
            "Set max_batch_size to 0 in deploy.yaml; or export the model with a variable batch "
            "(`torch.onnx.export(…, dynamic_axes={'input': {0: 'batch'}, …})`); " + _AGAIN + ".",
        )
    return requested


def batch_is_elsewhere(shapes: Sequence[tuple[str, ...]]) -> bool:
    """Return whether the names of the sizes show a batch that is not the first size everywhere.

    A name that is first in one tensor and later in another is not the batch, as in `x[batch, time]
    -> y[time, batch]`. Nor is the first size the batch if a later one is named "batch".
    """
    first = {shape[0] for shape in shapes if shape and shape[0]}
    later = {name for shape in shapes for name in shape[1:] if name}
    return bool(first & later) or any(re.match(r"(?i)batch", name) for name in later - first)


def _input(
    tensor: ModelTensor,
    declared_inputs: dict[str, TensorSpec],
    inputs: list[ModelTensor],
    max_batch_size: int,
    *,
    all_open: bool,
) -> Tensor:
    declared = declared_inputs.get(tensor.name)
    dims = tensor.dims(max_batch_size)
    example = None
    if declared is not None:
        fits = not tensor.contradicts(declared.dims, max_batch_size)
        _check_tensor("input", tensor, declared, dims, max_batch_size, fits=fits)
        dims, example = declared.dims, declared.example_dims
    if example is None and -1 not in dims:
        example = dims
    if example is None and all_open and max_batch_size == 0 and -1 not in dims[1:]:
        example = (1, *dims[1:])  # a variable first dimension on all tensors is a batch
    if example is None:
        raise _example_missing(tensor, inputs, max_batch_size)
    return Tensor(name=tensor.name, dtype=tensor.dtype, dims=dims, example_dims=example)


def _output(
    index: int,
    tensor: ModelTensor,
    declared: TensorSpec | None,
    max_batch_size: int,
    *,
    completes: bool,
) -> Tensor:
    """Return an output. The smoke test checks the declaration in deploy.yaml."""
    dims = tensor.dims(max_batch_size)
    if declared is not None and declared.dtype != tensor.dtype:
        _check_tensor("output", tensor, declared, dims, max_batch_size, fits=False)
    if declared is not None:
        contradicts = tensor.contradicts(declared.dims, max_batch_size)
        if not completes and (contradicts or tensor.shape is None):
            raise _wrong_shape(index, tensor, list(declared.dims))
        return Tensor(name=tensor.name, dtype=tensor.dtype, dims=declared.dims)
    if tensor.shape is None and not completes:
        raise _wrong_shape(index, tensor, None)
    return Tensor(name=tensor.name, dtype=tensor.dtype, dims=dims, assumed=tensor.shape is None)


def _wrong_shape(index: int, tensor: ModelTensor, declared: list[int] | None) -> SpecRejected:
    other = "" if declared is None else f" and {declared} in deploy.yaml"
    removed = "" if declared is None else " and remove the output from deploy.yaml"
    return SpecRejected(
        f"The output {tensor.name:.120} has {_shown(tensor.shape)} in the ONNX file{other}. "
        "Triton compares its config with the shape that ONNX Runtime reads from the file.",
        "Declare the shape in the file: `model = onnx.load('model.onnx')`, "
        + _correction(index, tensor)
        + f" Then run `onnx.save(model, 'model.onnx')`{removed}; {_AGAIN}.",
    )


def _shown(shape: Sequence[int] | None) -> str:
    return "no declared shape" if shape is None else str(list(shape))


def _check_tensor(
    kind: str,
    tensor: ModelTensor,
    declared: TensorSpec,
    dims: tuple[int, ...],
    max_batch_size: int,
    *,
    fits: bool,
) -> None:
    if fits and declared.dtype == tensor.dtype:
        return
    raise SpecRejected(
        f"The {kind} {tensor.name:.120} is {declared.dtype} {list(declared.dims)} in deploy.yaml, "
        f"and {tensor.dtype} {list(dims)} in the ONNX model (max_batch_size {max_batch_size}"
        + (": dims are without the batch)." if max_batch_size else ").")
        + " Triton would not load it.",
        "Remove it from deploy.yaml, since the model declares it, or write this line; then upload "
        "it:\n" + tensor_line(tensor.name, tensor.dtype, dims),
    )


def _example_missing(
    tensor: ModelTensor, inputs: list[ModelTensor], max_batch_size: int
) -> SpecRejected:
    lines = (open_tensor_line(each.name, each.dtype, each.dims(max_batch_size)) for each in inputs)
    return SpecRejected(
        f"The ONNX model's input {tensor.name:.120} has variable sizes, {_shown(tensor.shape)}, "
        "and no test size is set.",
        "Put a file deploy.yaml next to the model with these lines, with a number for each SIZE, "
        f"and upload it:\nmax_batch_size: {max_batch_size}\ninputs:\n" + "\n".join(lines),
    )
