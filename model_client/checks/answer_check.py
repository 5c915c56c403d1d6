"""Checks a response against the model's signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model_client.checks.closeness import is_float
from model_packager.dtype import config_name
from model_packager.error_message import Remedy
from model_packager.rejection import SmokeTestFailed
from model_packager.spec.yaml.lines import PASTE, outputs_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from model_client.checks.answer import Answer
    from model_client.checks.closeness import Array
    from model_packager.signature import Signature, Tensor

    Described = Mapping[str, Mapping[str, Any]]


def check_answer(
    answer: Answer, signature: Signature, items: int, not_finite: Collection[str] = ()
) -> dict[str, list[int]]:
    """Check names, dtypes, shapes and values of all outputs.

    Args:
        answer: the response to a request for all outputs.
        signature: the model's declared inputs and outputs.
        items: the batch size of the request; ignored if the model has no batch dimension.
        not_finite: the names of the outputs whose expected values contain NaN or infinity.

    Returns:
        The shape of each output, by name.

    Raises:
        SmokeTestFailed: an output differs from its declaration, or is NaN or infinite.
    """
    shapes = check_form(answer, signature, items)
    for tensor in signature.outputs:
        if tensor.name not in not_finite:
            _check_values(tensor, answer.output(tensor.name))
    return shapes


def check_form(answer: Answer, signature: Signature, items: int) -> dict[str, list[int]]:
    """Check only names, dtypes and shapes; see `check_answer`."""
    described = {output["name"]: output for output in answer.outputs()}
    for tensor in signature.outputs:
        if tensor.name not in described:
            raise SmokeTestFailed(
                f"The response has no output {tensor.name}; it has {', '.join(described)}.",
                "Correct `outputs` in deploy.yaml, then upload the model again.",
                remedy=Remedy.CORRECT_SPEC,
            )
        _check_dtype(tensor, described, signature)
        _check_shape(tensor, described, items, signature)
    return {name: output["shape"] for name, output in described.items()}


def _check_dtype(tensor: Tensor, described: Described, signature: Signature) -> None:
    actual = config_name(described[tensor.name]["datatype"])
    if actual != tensor.dtype:
        raise SmokeTestFailed(
            f"The output {tensor.name} is {actual}, but its declared dtype is {tensor.dtype}.",
            f"{PASTE}\n{returned_outputs(described, signature)}",
            remedy=Remedy.CORRECT_SPEC,
        )


def _check_shape(tensor: Tensor, described: Described, items: int, signature: Signature) -> None:
    actual, max_batch_size = described[tensor.name]["shape"], signature.max_batch_size
    dims = list(tensor.dims)
    if max_batch_size and actual[:1] != [items]:
        raise SmokeTestFailed(
            f"For a batch of {items} the output {tensor.name} has the shape {actual}: its first "
            "dimension is not the batch size.",
            "In deploy.yaml, set max_batch_size: 0 and list all dimensions in dims; then upload "
            "the model again.",
            remedy=Remedy.CORRECT_SPEC,
        )
    if tensor.assumed:
        return
    sizes = actual[1:] if max_batch_size else actual
    if not sizes:
        raise SmokeTestFailed(
            f"The output {tensor.name} has the shape {actual}: one number for each item of the "
            "batch. Triton needs at least one more dimension.",
            "Let the model return the shape [batch, 1] (`unsqueeze(-1)`), export it again and "
            "upload it; or set max_batch_size: 0 in deploy.yaml, with all dimensions in dims.",
            remedy=Remedy.RUN_MODEL,
        )
    if len(sizes) != len(dims) or any(
        dim not in (-1, size) for dim, size in zip(dims, sizes, strict=True)
    ):
        raise SmokeTestFailed(
            f"The output {tensor.name} has the dims {sizes}, but its declared dims are {dims}.",
            f"{PASTE}\n{returned_outputs(described, signature)}",
            remedy=Remedy.CORRECT_SPEC,
        )


def returned_outputs(described: Described, signature: Signature) -> str:
    """Return `outputs` for deploy.yaml, with the dtypes and dims in a response.

    A variable size stays -1. If an input has variable sizes, an undeclared output may depend on
    them, so its sizes are also -1.

    Args:
        described: the name, datatype and shape of each output, by name.
        signature: the model's declared inputs and outputs.
    """
    dims = {each.name: _dims(each, described, signature) for each in signature.outputs}
    dtypes = {name: config_name(each["datatype"]) for name, each in described.items()}
    return outputs_lines(signature, dtypes=dtypes, dims=dims)


def _dims(tensor: Tensor, described: Described, signature: Signature) -> list[int]:
    if tensor.name not in described:
        return list(tensor.dims)
    shape = list(described[tensor.name]["shape"])
    sizes = shape[1:] if signature.max_batch_size else shape
    if tensor.assumed and any(-1 in each.dims for each in signature.inputs):
        return [-1] * len(sizes) or [1]
    same_rank = len(sizes) == len(tensor.dims) and not tensor.assumed
    return [
        -1 if same_rank and tensor.dims[index] == -1 else size for index, size in enumerate(sizes)
    ] or [1]


def _check_values(tensor: Tensor, array: Array) -> None:
    if not is_float(array):
        return
    count = array.size - int(np.isfinite(array).sum())
    if count:
        raise SmokeTestFailed(
            f"{count:,} of the {array.size:,} values of the output {tensor.name} are NaN or "
            "infinite.",
            "Check for an overflow (half precision?) or for weights that were not loaded, then "
            "export the model again and upload it. If the values are correct, store the output as "
            "sample/expected.npz.",
            depends_on_input=True,
            remedy=Remedy.RUN_MODEL,
        )
