"""Checks a response against the model's signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model_packager.dtype import config_name
from workflow.checks.closeness import is_float
from workflow.errors import SmokeTestFailed
from workflow.failures.outputs_lines import PASTE, outputs_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from model_packager.signature import Signature, Tensor
    from workflow.checks.answer import Answer
    from workflow.checks.closeness import Array

    Described = Mapping[str, Mapping[str, Any]]


def check_answer(
    answer: Answer, signature: Signature, items: int, not_finite: Collection[str] = ()
) -> dict[str, list[int]]:
    """Check names, dtypes, shapes and values of all outputs.

    Args:
        answer: the response to a request for all outputs.
        signature: the model's declared inputs and outputs.
        items: batch size of the request; ignored if the model has no batch dimension.
        not_finite: the outputs whose expected values contain NaN or infinity.

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
    """Check only names, dtypes and shapes; arguments and result as in `check_answer`."""
    described = {output["name"]: output for output in answer.outputs()}
    for tensor in signature.outputs:
        if tensor.name not in described:
            raise SmokeTestFailed(
                f"The response has no output {tensor.name}; it has {', '.join(described)}.",
                "Correct `outputs` in deploy.yaml, then upload the model again.",
            )
        _check_dtype(tensor, described, signature)
        _check_shape(tensor, described, items, signature)
    return {name: output["shape"] for name, output in described.items()}


def _check_dtype(tensor: Tensor, described: Described, signature: Signature) -> None:
    actual = config_name(described[tensor.name]["datatype"])
    if actual != tensor.dtype:
        raise SmokeTestFailed(
            f"The output {tensor.name} is {actual}, but its declared dtype is {tensor.dtype}.",
            _correct_outputs(described, signature),
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
        )
    if len(sizes) != len(dims) or any(
        dim not in (-1, size) for dim, size in zip(dims, sizes, strict=True)
    ):
        raise SmokeTestFailed(
            f"The output {tensor.name} has the dims {sizes}, but its declared dims are {dims}.",
            _correct_outputs(described, signature),
        )


def _correct_outputs(described: Described, signature: Signature) -> str:
    """Advise the types and dims of the response; an open size stays -1."""
    dims = {}
    for tensor in signature.outputs:
        sizes = list(tensor.dims)
        if tensor.name in described:
            sizes = described[tensor.name]["shape"][1 if signature.max_batch_size else 0 :]
        same_rank = len(sizes) == len(tensor.dims) and not tensor.assumed
        dims[tensor.name] = [
            -1 if same_rank and tensor.dims[index] == -1 else size
            for index, size in enumerate(sizes)
        ] or [1]
    dtypes = {name: config_name(each["datatype"]) for name, each in described.items()}
    lines = outputs_lines(signature, dtypes=dtypes, dims=dims)
    return f"{PASTE}\n{lines}"


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
        )
