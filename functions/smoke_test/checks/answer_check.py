"""Checks a response against the model's signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smoke_test.checks.closeness import is_float
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Collection

    from model_client.response import Response
    from model_packager.signature import Signature, Tensor
    from smoke_test.checks.closeness import Array


def check_answer(
    answer: Response, signature: Signature, items: int, not_finite: Collection[str] = ()
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


def check_form(answer: Response, signature: Signature, items: int) -> dict[str, list[int]]:
    """Check only names, dtypes and shapes; arguments and result as in `check_answer`."""
    described = {output["name"]: output for output in answer.outputs()}
    for tensor in signature.outputs:
        if tensor.name not in described:
            raise SmokeTestFailed(
                f"The response has no output {tensor.name}; it has {', '.join(described)}.",
                "Correct `outputs` in deploy.yaml, then upload the model again.",
            )
        _check_dtype(tensor, described[tensor.name]["datatype"])
        _check_shape(tensor, described[tensor.name]["shape"], items, signature.max_batch_size)
    return {name: output["shape"] for name, output in described.items()}


def _check_dtype(tensor: Tensor, actual: str) -> None:
    if actual != tensor.dtype:
        raise SmokeTestFailed(
            f"The output {tensor.name} is {actual}, but its declared dtype is {tensor.dtype}.",
            f"Set dtype: {actual} for it in deploy.yaml, then upload the model again.",
        )


def _check_shape(tensor: Tensor, actual: list[int], items: int, max_batch_size: int) -> None:
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
    if len(sizes) != len(dims) or any(
        dim not in (-1, size) for dim, size in zip(dims, sizes, strict=True)
    ):
        raise SmokeTestFailed(
            f"The output {tensor.name} has the dims {sizes}, but its declared dims are {dims}.",
            f"Set dims: {sizes} for it in deploy.yaml, then upload the model again.",
        )


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
        )
