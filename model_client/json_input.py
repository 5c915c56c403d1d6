"""Reads tensors from JSON: by name, or in the format of Triton's JSON requests and responses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from model_client.errors import InvalidTensor
from model_client.text import text_array
from model_packager.rejection import refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_client.arrays import Tensors
    from model_client.sample_file import File

LIMIT_BYTES = 8 * 1024 * 1024
"""The maximum size, because short lists need twenty times as much memory in Python."""


def read_json(file: File, key: Literal["inputs", "outputs"] = "inputs") -> Tensors:
    """Read arrays of numbers, booleans or text by name.

    Args:
        file: the JSON document.
        key: the key of the list in Triton's format.

    Raises:
        InvalidTensor: the document has other content.
    """
    with refusal(lambda reason: _unreadable(file, key, reason)):
        if len(file.content) > LIMIT_BYTES:
            raise ValueError(f"it has more than {LIMIT_BYTES:,} bytes; use .npz for more data")
        said = json.loads(file.content)
        return _by_name(said, key)


def _unreadable(file: File, key: str, reason: str) -> InvalidTensor:
    return InvalidTensor(
        f"{file.name} cannot be read as tensors in JSON: {reason}.",
        f'Write {{"<{key[:-1]} name>": [[1, 2], [3, 4]]}}, or Triton\'s form: {{"{key}": '
        '[{"name": …, "shape": …, "datatype": …, "data": …}]} (KServe protocol version 2).',
    )


def _by_name(said: Any, key: str) -> Tensors:
    listed = said.get(key)
    if not (isinstance(listed, list) and all(isinstance(each, dict) for each in listed)):
        return {name: _array(value) for name, value in dict(said).items()}
    return {_name(each["name"]): np.reshape(_array(each["data"]), each["shape"]) for each in listed}


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"the name {json.dumps(value):.60} is not text")
    return value


def _array(value: Any) -> NDArray[np.generic]:
    # NumPy's own text type would need as much memory for each text as for the longest.
    objects = np.array(value, np.object_)
    types = {type(each) for each in objects.reshape(-1)}
    if types == {str}:
        return text_array(objects)
    array = np.asarray(value) if types <= {bool, int, float} else objects
    if array.dtype.kind not in "biuf":
        found = ", ".join(sorted(_IN_JSON.get(each, each.__name__) for each in types))
        raise ValueError(f"an array of {found} is not a tensor of numbers or of text")
    return array


_IN_JSON = {str: "text", dict: "objects", list: "lists of different lengths", type(None): "null"}
