"""Triton's binary format as clients of SageMaker use it, written with tritonclient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tritonclient.http as triton

BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size="


def binary_request(arrays: Mapping[str, Any], outputs: Sequence[str]) -> tuple[bytes, str]:
    """Return the body and the content type of a request for these outputs."""
    inputs = []
    for name, array in arrays.items():
        tensor = triton.InferInput(name, list(array.shape), triton.np_to_triton_dtype(array.dtype))
        tensor.set_data_from_numpy(array, binary_data=True)
        inputs.append(tensor)
    requested = [triton.InferRequestedOutput(name, binary_data=True) for name in outputs]
    body, header = triton.InferenceServerClient.generate_request_body(inputs, outputs=requested)
    return bytes(body), f"{BINARY}{header}"


def binary_result(content: bytes, content_type: str) -> triton.InferResult:
    """Read a response. Triton returns only JSON if no output has any bytes."""
    length = None
    if content_type != "application/json":
        assert content_type.startswith(BINARY)
        length = int(content_type.removeprefix(BINARY))
    return triton.InferenceServerClient.parse_response_body(content, header_length=length)
