"""The request as JSON, for languages without a library for Triton's binary format.

Format: KServe's open inference protocol, version 2 ("Inference Request JSON Object").
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from model_packager.client_code.call import EXAMPLE_TEXT
from model_packager.dtype import Dtype

if TYPE_CHECKING:
    from model_packager.client_code.call import Call
    from model_packager.signature import Tensor

WRITTEN_VALUES = 32
"""The maximum to write out. The program generates an example with more values."""


def example_value(tensor: Tensor) -> str:
    """Return the JSON value in examples: a zero, or a text."""
    if tensor.dtype is Dtype.STRING:
        return json.dumps(EXAMPLE_TEXT)
    return "false" if tensor.dtype is Dtype.BOOL else "0"


def written_example(call: Call, tensor: Tensor) -> str | None:
    """Return an example as a flat list in JSON; None if it is too long to write out."""
    size = call.example_size(tensor)
    return f"[{', '.join([example_value(tensor)] * size)}]" if size <= WRITTEN_VALUES else None


def without_data(call: Call, tensor: Tensor) -> str:
    """Return an input in JSON, without its data and the closing brace."""
    described = {
        "name": tensor.name,
        "shape": call.example_shape(tensor),
        "datatype": tensor.dtype.datatype,
    }
    return json.dumps(described)[:-1]
