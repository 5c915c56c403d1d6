"""The signature of a TorchScript model, from deploy.yaml or otherwise from the traced example.

Triton's PyTorch backend matches inputs to `forward`'s arguments by name, otherwise by the number
after the first "__" of every name, otherwise silently by their order. Source: `GetNamingConvention`
in triton-inference-server/pytorch_backend, src/pt/model_instance_state.cc (src/libtorch.cc in
earlier releases).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.dtype import NUMBERS, Dtype
from model_packager.formats.torchscript.output_signature import index_in_name, outputs_of
from model_packager.formats.torchscript.source import TEXTS
from model_packager.rejection import ModelRejected, SpecRejected
from model_packager.signature import DEFAULT_MAX_BATCH_SIZE, Signature, Tensor
from model_packager.spec.yaml.lines import tensor_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_packager.formats.torchscript.archive import (
        Argument,
        TorchScriptArchive,
        TracedTensor,
    )
    from model_packager.spec.deploy_spec import DeploySpec
    from model_packager.spec.triton_spec import TensorSpec

_AGAIN = "then upload it"
_DTYPES = ", ".join(NUMBERS)
_RESERVED = frozenset(
    {
        *("aten", "attribute", "CONSTANTS", "fork", "getattr", "inf", "infj", "nan", "nanj"),
        *("ops", "uninitialized", "unchecked_cast"),
    }
)
"""Names of arguments that TorchScript's code uses itself (`reserved_names` in
torch/csrc/jit/serialization/python_print.cpp). Python's keywords cannot be arguments."""


def resolve_signature(archive: TorchScriptArchive, spec: DeploySpec) -> Signature:
    """Return the signature: from the spec first, then from the traced example.

    A traced model takes batches if every input has a leading dimension of 1 and a rank of 2 or
    more. Other shapes count as shapes without a batch dimension.

    Raises:
        SpecRejected: the spec contradicts the model, or lacks something that the model does not
            declare.
        ModelRejected: the model was traced with a type or shape that Triton's PyTorch backend
            rejects.
    """
    traced = _usable_traces(archive)
    if spec.inputs is not None:
        _check_inputs(archive, spec.inputs)
        ordered = _traces_of(archive, traced, [each.name for each in spec.inputs])
        max_batch_size = _batch_of_spec(archive, spec, spec.inputs, ordered)
        inputs = _inputs_of_spec(spec.inputs, ordered, max_batch_size)
    elif traced is not None:
        max_batch_size = _batch_of_trace(archive, spec, traced)
        inputs = _inputs_of_trace(traced, max_batch_size)
    elif all(each.type == TEXTS for each in archive.arguments):
        max_batch_size = _no_batch(spec)
        inputs = _text_inputs(archive)
    else:
        raise _inputs_missing(archive)
    outputs = outputs_of(archive, spec, _by_argument(archive, inputs))
    return Signature(inputs=inputs, outputs=outputs, max_batch_size=max_batch_size)


def _usable_traces(archive: TorchScriptArchive) -> tuple[TracedTensor, ...] | None:
    traced = archive.traced_inputs
    if not traced:
        return None
    if archive.takes_dict:
        return traced if all(each.key for each in traced) else None
    return traced if len(traced) == len(archive.arguments) else None


def argument_order(archive: TorchScriptArchive, names: Sequence[str]) -> list[int]:
    """Return the argument position that Triton uses for each name in the config."""
    arguments = [argument.name for argument in archive.arguments]
    if all(name in arguments for name in names):
        return [arguments.index(name) for name in names]
    indices = [index_in_name(name) for name in names]
    numbers = [index for index in indices if index is not None]
    return numbers if len(numbers) == len(indices) else list(range(len(names)))


def _by_argument(archive: TorchScriptArchive, inputs: tuple[Tensor, ...]) -> dict[int, Tensor]:
    """Return the input for each position among `forward`'s arguments."""
    if archive.takes_dict:  # the keys of a dict have no positions: they get negative numbers
        return {-2 - index: each for index, each in enumerate(inputs)}
    return dict(zip(argument_order(archive, [each.name for each in inputs]), inputs, strict=True))


def _traces_of(
    archive: TorchScriptArchive, traced: tuple[TracedTensor, ...] | None, names: Sequence[str]
) -> tuple[TracedTensor, ...] | None:
    """Return the trace of each input that the spec names; None unless all are known."""
    if traced is None:
        return None
    if not archive.takes_dict:
        return tuple(traced[index] for index in argument_order(archive, names))
    by_key = {trace.key: trace for trace in traced}
    return tuple(by_key[name] for name in names) if set(names) <= set(by_key) else None


def _check_inputs(archive: TorchScriptArchive, inputs: tuple[TensorSpec, ...]) -> None:
    if archive.takes_dict:
        return
    count = len(archive.arguments)
    arguments = ", ".join(argument.name[:60] for argument in archive.arguments)
    if len(inputs) != count:
        raise SpecRejected(
            f"The spec has {len(inputs)} input(s), but the model's `forward` takes {count}: "
            f"{arguments:.500}.",
            f"List exactly {count} input(s) in deploy.yaml, {_AGAIN}.",
        )
    order = argument_order(archive, [each.name for each in inputs])
    if sorted(order) != list(range(count)):
        raise SpecRejected(
            f"The inputs' names end in the numbers {order}; Triton reads them as the positions of "
            f"`forward`'s arguments, which are 0 to {count - 1}.",
            "In deploy.yaml, number the inputs from 0, each number once (INPUT__0, INPUT__1), or "
            f"name them as the arguments ({arguments:.500}), {_AGAIN}.",
        )
    for declared, position in zip(inputs, order, strict=True):
        _check_text(declared, archive.arguments[position])


def _check_text(declared: TensorSpec, argument: Argument) -> None:
    """Check that text is declared for a List[str], TorchScript's type for text, and only for it."""
    is_text = argument.type == TEXTS
    if is_text != (declared.dtype is Dtype.STRING) or (is_text and len(declared.dims) != 1):
        raise SpecRejected(
            f"The input {declared.name:.120} is {declared.dtype} {list(declared.dims)} in "
            f"deploy.yaml, but `forward` takes `{argument.name:.60}: {argument.type}`. Text is "
            "STRING of one dimension.",
            f"Write this line in deploy.yaml, {_AGAIN}:\n"
            + (
                tensor_line(declared.name, Dtype.STRING, [-1], [1])
                if is_text
                else tensor_line(declared.name, Dtype.FP32, declared.dims, declared.example_dims)
            ),
        )


def _batch_of_spec(
    archive: TorchScriptArchive,
    spec: DeploySpec,
    inputs: tuple[TensorSpec, ...],
    traced: tuple[TracedTensor, ...] | None,
) -> int:
    requested = spec.max_batch_size
    if archive.has_text:
        return _no_batch(spec)
    if traced is None:
        return DEFAULT_MAX_BATCH_SIZE if requested is None else requested
    pairs = list(zip(inputs, traced, strict=True))
    missing = {len(trace.shape) - len(declared.dims) for declared, trace in pairs}
    if requested is None and missing == {0}:
        return 0
    if missing == ({0} if requested == 0 else {1}):
        return requested if requested is not None else _default_batch(archive)
    named = "; ".join(
        f"{declared.name}: dims {list(declared.dims)}, traced with {list(trace.shape)}"
        for declared, trace in pairs
    )
    raise SpecRejected(
        f"The dims of the inputs do not fit the model ({named}). With max_batch_size above 0 "
        "Triton puts the batch in front of dims; with max_batch_size 0 dims are the whole shape.",
        "In deploy.yaml leave the batch dimension out of dims and set max_batch_size to 1 or "
        f"more; or keep it in and set max_batch_size to 0; {_AGAIN}.",
    )


def _no_batch(spec: DeploySpec) -> int:
    """Check that there is no batch, because Triton's text has one dimension (`ValidateInputs`)."""
    if spec.max_batch_size:
        raise SpecRejected(
            f"max_batch_size is {spec.max_batch_size}, but the model takes or returns a List[str]. "
            "Triton's PyTorch backend supports text in one dimension only, so there is none for "
            "the batch.",
            "Set max_batch_size to 0 in deploy.yaml, with all dimensions in dims, "
            f"{_AGAIN}. One request can have many texts.",
        )
    return 0


def _text_inputs(archive: TorchScriptArchive) -> tuple[Tensor, ...]:
    return tuple(
        Tensor(name=f"INPUT__{index}", dtype=Dtype.STRING, dims=(-1,), example_dims=(1,))
        for index in range(len(archive.arguments))
    )


def _default_batch(archive: TorchScriptArchive) -> int:
    return 1 if archive.batch_is_baked else DEFAULT_MAX_BATCH_SIZE


def _inputs_of_spec(
    inputs: tuple[TensorSpec, ...], traced: tuple[TracedTensor, ...] | None, max_batch_size: int
) -> tuple[Tensor, ...]:
    traces = traced or [None] * len(inputs)
    return tuple(
        Tensor(
            name=declared.name,
            dtype=declared.dtype,
            dims=declared.dims,
            example_dims=_example_dims(declared, trace, batched=max_batch_size > 0),
        )
        for declared, trace in zip(inputs, traces, strict=True)
    )


def _example_dims(
    declared: TensorSpec, trace: TracedTensor | None, *, batched: bool
) -> tuple[int, ...]:
    if declared.example_dims is not None:
        return declared.example_dims
    if -1 not in declared.dims:
        return declared.dims
    if declared.dtype is Dtype.STRING:
        return tuple(max(size, 1) for size in declared.dims)
    shape = trace.shape[batched:] if trace else ()
    fits = len(shape) == len(declared.dims) and all(
        example > 0 and size in (-1, example)
        for example, size in zip(shape, declared.dims, strict=True)
    )
    if fits:
        return shape
    raise SpecRejected(
        f"The input {declared.name} has the variable dims {list(declared.dims)}, and no test "
        "size is set.",
        "Add example_dims to the input in deploy.yaml, with fixed sizes, such as "
        f"`example_dims: {[size if size > 0 else 16 for size in declared.dims]}`, {_AGAIN}.",
    )


def _batch_of_trace(
    archive: TorchScriptArchive, spec: DeploySpec, traced: tuple[TracedTensor, ...]
) -> int:
    requested = spec.max_batch_size
    if requested is None:
        takes_batches = all(len(each.shape) >= 2 and each.shape[0] == 1 for each in traced)
        return _default_batch(archive) if takes_batches else 0
    if requested > 0 and any(len(each.shape) < 2 for each in traced):
        shapes = ", ".join(str(list(each.shape)) for each in traced)
        raise SpecRejected(
            f"max_batch_size is {requested}, and the model was traced with {shapes}: without the "
            "batch dimension an input has no dimensions, but Triton needs inputs of one dimension "
            "or more.",
            f"Set max_batch_size to 0 in deploy.yaml, {_AGAIN}.",
        )
    return requested


def _inputs_of_trace(traced: tuple[TracedTensor, ...], max_batch_size: int) -> tuple[Tensor, ...]:
    inputs = []
    for index, trace in enumerate(traced):
        name = trace.key or f"INPUT__{index}"
        dims = trace.shape[1:] if max_batch_size > 0 else trace.shape
        if trace.dtype not in NUMBERS:
            raise ModelRejected(
                f"The model was traced with an input of type {trace.dtype}, and Triton's PyTorch "
                f"backend takes {_DTYPES}.",
                "Convert the input inside `forward` from one of these, export the model again, and "
                "upload it.",
            )
        if not dims or 0 in dims:
            raise ModelRejected(
                f"The model was traced with an input of shape {list(trace.shape)}, and Triton "
                "takes inputs of one dimension or more, none of them 0.",
                "Trace it with an input of at least one dimension, such as a tensor of shape [1] "
                "for a number, and upload that file.",
            )
        inputs.append(Tensor(name=name, dtype=Dtype(trace.dtype), dims=dims, example_dims=dims))
    return tuple(inputs)


def _name_in_source(name: str) -> str:
    """Return the name in the model's own code: torch adds a number to a reserved word."""
    plain = name.rstrip("0123456789")
    return plain if plain in _RESERVED else name


def _inputs_missing(archive: TorchScriptArchive) -> SpecRejected:
    if archive.takes_dict:
        lines = "  - {name: KEY, dtype: FP32, dims: [SIZE]}   # one line for each key"
    else:
        lines = "\n".join(
            _line_to_complete(index, argument)
            + f"   # forward's argument {_name_in_source(argument.name):.60}"
            for index, argument in enumerate(archive.arguments)
        )
    largest = 0 if archive.has_text else DEFAULT_MAX_BATCH_SIZE
    batch = "" if archive.has_text else " except the batch"
    return SpecRejected(
        "The model does not declare the shapes of its inputs: scripted and frozen models have no "
        "example input.",
        "Put a file deploy.yaml next to model.pt with these lines. Replace SIZE by a number for "
        f"each dimension{batch}, such as 3, 224, 224 (-1 if it varies, with example_dims "
        "added). Then upload it:\n"
        f"max_batch_size: {largest}\ninputs:\n{lines}",
    )


def _line_to_complete(index: int, argument: Argument) -> str:
    name = f"INPUT__{index}"
    if argument.type == TEXTS:
        return tensor_line(name, Dtype.STRING, [-1], [1])
    return tensor_line(name, Dtype.FP32, ["SIZE"])
