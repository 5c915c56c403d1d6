"""Builds Triton's responses through SageMaker (HTTP/REST API, binary tensor data extension)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from tritonclient.utils import np_to_triton_dtype, serialize_byte_tensor

from model_client.request import BINARY, JSON
from model_client.response import Response, parse_response

if TYPE_CHECKING:
    from numpy.typing import NDArray


def described(name: str, array: NDArray[Any]) -> dict[str, Any]:
    return {
        "name": name,
        "datatype": np_to_triton_dtype(array.dtype),
        "shape": list(array.shape),
    }


def binary_answer(**outputs: NDArray[Any]) -> tuple[bytes, str]:
    """Encode the outputs in binary, and return body and content type."""
    descriptions, raw = [], b""
    for name, array in outputs.items():
        data = serialize_byte_tensor(array).item() if array.dtype == object else array.tobytes()
        descriptions.append(
            described(name, array) | {"parameters": {"binary_data_size": len(data)}}
        )
        raw += data
    header = json.dumps({"model_name": "resnet", "outputs": descriptions}).encode()
    return header + raw, f"{BINARY}{len(header)}"


def json_answer(**outputs: NDArray[Any]) -> tuple[bytes, str]:
    """Encode the outputs as JSON, and return body and content type."""
    descriptions = [
        described(name, array) | {"data": _json_data(array)} for name, array in outputs.items()
    ]
    return json.dumps({"model_name": "resnet", "outputs": descriptions}).encode(), JSON


def _json_data(array: NDArray[Any]) -> list[Any]:
    values = array.reshape(-1).tolist()
    return [each.decode() for each in values] if array.dtype == object else values


def answer(**outputs: NDArray[Any]) -> Response:
    content, content_type = binary_answer(**outputs)
    return Response(parse_response(content, content_type), 1.0, 100, len(content))


def floats(*shape: int) -> NDArray[np.float32]:
    """Return an array of different FP32 numbers."""
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
