"""Tensors written as JSON: by input name, or as in Triton's own JSON request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from model_client.errors import InvalidTensor
from model_packager.rejection import refusal

if TYPE_CHECKING:
    from model_client.sample_file import File
    from model_client.tensors import Tensors

LIMIT_BYTES = 8 * 1024 * 1024
"""Python needs twenty times as much memory for short lists."""

_FORMS = (
    'Write {"<input name>": [[1, 2], [3, 4]]}, or Triton\'s request: {"inputs": [{"name": …, '
    '"shape": …, "datatype": …, "data": …}]} (KServe protocol version 2).'
)


def read_json(file: File) -> Tensors:
    """Read arrays by input name; numbers and booleans only.

    Raises:
        InvalidTensor: it holds something else.
    """
    with refusal(lambda reason: _unreadable(file, reason)):
        if len(file.content) > LIMIT_BYTES:
            raise ValueError(f"it has more than {LIMIT_BYTES:,} bytes; use .npz for more data")
        said = json.loads(file.content)
        return {name: _array(value) for name, value in _by_name(said).items()}


def _unreadable(file: File, reason: str) -> InvalidTensor:
    return InvalidTensor(f"{file.name} cannot be read as tensors in JSON: {reason}.", _FORMS)


def _by_name(said: Any) -> dict[str, Any]:
    inputs = said.get("inputs")
    if not (isinstance(inputs, list) and all(isinstance(each, dict) for each in inputs)):
        return dict(said)
    return {each["name"]: np.reshape(_array(each["data"]), each["shape"]) for each in inputs}


def _array(value: Any) -> Any:
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{array.dtype} values are no tensor of numbers")
    return array
