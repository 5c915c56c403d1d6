"""Writes the result file for an input of a batch job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from model_client.arrays import npz_of
from model_client.text import decoded, is_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from model_client.arrays import Tensors

ROWS = "_rows"
"""The name of the array with the row numbers of the outputs, if some rows failed."""


def arrays_file(
    outputs: Mapping[int, Tensors], rows: Mapping[int, int], *, all_rows: bool
) -> bytes:
    """Return a .npz file with the outputs by name, in the order of the rows.

    If the outputs of requests have different shapes, each has its own array, with the number of its
    first row: `logits/0`, `logits/8`.

    Args:
        outputs: the outputs of each request, by its first row.
        rows: the number of rows of each request, by the index of the first row.
        all_rows: whether no row failed; otherwise, the array ROWS has the row numbers.
    """
    starts = sorted(outputs)
    arrays: dict[str, NDArray[np.generic]] = {}
    for name in outputs[starts[0]]:
        parts = [outputs[start][name] for start in starts]
        if len(parts) == 1:
            arrays[name] = parts[0]
        elif _fit(parts):
            arrays[name] = np.concatenate(parts)
        else:
            arrays |= {f"{name}/{start}": part for start, part in zip(starts, parts, strict=True)}
    if not all_rows:
        numbers = [np.arange(start, start + rows[start]) for start in starts]
        arrays[ROWS] = np.concatenate(numbers)
    return npz_of(arrays)


def _fit(parts: Sequence[NDArray[np.generic]]) -> bool:
    return all(each.ndim and each.shape[1:] == parts[0].shape[1:] for each in parts)


def lines_file(outputs: Mapping[int, Tensors], failures: Mapping[int, str]) -> bytes:
    """Return a .jsonl file with a line for each line of the input, in the same order.

    Args:
        outputs: the outputs, by line number.
        failures: the causes, by line number.
    """
    lines = [
        {"line": number, "outputs": {name: _values(each) for name, each in outputs[number].items()}}
        if number in outputs
        else {"line": number, "error": failures[number]}
        for number in sorted({*outputs, *failures})
    ]
    return "".join(f"{json.dumps(each, allow_nan=False)}\n" for each in lines).encode()


def _values(array: NDArray[np.generic]) -> Any:
    """Return nested lists, with null for NaN and infinity, which JSON lacks."""
    if is_text(array):
        return decoded(array).tolist()
    if array.dtype.kind == "f":
        return np.where(np.isfinite(array), array, np.array(None)).tolist()
    return array.tolist()
