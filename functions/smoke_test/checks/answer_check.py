"""Whether an answer is what the model's signature promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smoke_test.checks.closeness import is_float
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Collection

    from model_client.answer import Answer
    from model_packager.signature import Signature, Tensor
    from smoke_test.checks.closeness import Array


def check_answer(
    answer: Answer, signature: Signature, items: int, not_finite: Collection[str] = ()
) -> dict[str, list[int]]:
    """Check names, dtypes, shapes and values of all outputs.

    Args:
        answer: of a request for all outputs.
        signature: what the model promises.
        items: batch size of the request; of no account where the model has no batch dimension.
        not_finite: the outputs that may hold NaN and infinity, since they are expected there.

    Returns:
        the shape of each output, by name.

    Raises:
        SmokeTestFailed: something is not as promised, or is NaN or infinite.
    """
    shapes = check_form(answer, signature, items)
    for tensor in signature.outputs:
        if tensor.name not in not_finite:
            _check_values(tensor, answer.output(tensor.name))
    return shapes


def check_form(answer: Answer, signature: Signature, items: int) -> dict[str, list[int]]:
    """Check names, dtypes and shapes alone; arguments and result as of `check_answer`."""
    described = {output["name"]: output for output in answer.outputs()}
    for tensor in signature.outputs:
        if tensor.name not in described:
            raise SmokeTestFailed(
                f"The answer has no output {tensor.name}; it has {', '.join(described)}.",
                "Correct `outputs` in deploy.yaml, then drop the model again.",
            )
        _check_dtype(tensor, described[tensor.name]["datatype"])
        _check_shape(tensor, described[tensor.name]["shape"], items, signature.max_batch_size)
    return {name: output["shape"] for name, output in described.items()}


def _check_dtype(tensor: Tensor, found: str) -> None:
    if found != tensor.dtype:
        raise SmokeTestFailed(
            f"The output {tensor.name} is {found}, and {tensor.dtype} was promised.",
            f"Write dtype: {found} for it in deploy.yaml, then drop the model again.",
        )


def _check_shape(tensor: Tensor, found: list[int], items: int, max_batch_size: int) -> None:
    dims = list(tensor.dims)
    if max_batch_size and found[:1] != [items]:
        raise SmokeTestFailed(
            f"For a batch of {items} the output {tensor.name} has the shape {found}: its first "
            "dimension is not the batch.",
            "Write max_batch_size: 0, and dims with all dimensions, in deploy.yaml; then drop the "
            "model again.",
        )
    if tensor.assumed:
        return
    sizes = found[1:] if max_batch_size else found
    if len(sizes) != len(dims) or any(
        want not in (-1, have) for want, have in zip(dims, sizes, strict=True)
    ):
        raise SmokeTestFailed(
            f"The output {tensor.name} has the dims {sizes}, and {dims} was promised.",
            f"Write dims: {sizes} for it in deploy.yaml, then drop the model again.",
        )


def _check_values(tensor: Tensor, array: Array) -> None:
    if not is_float(array):
        return
    bad = array.size - int(np.isfinite(array).sum())
    if bad:
        raise SmokeTestFailed(
            f"{bad:,} of the {array.size:,} values of the output {tensor.name} are NaN or "
            "infinite.",
            "Look for an overflow (half precision?) or for weights that were not loaded, then "
            "export the model anew and drop it again. If they are meant, expect them: put the "
            "answer into sample/expected.npz.",
        )
