"""Reads the outputs in a response of a transform job.

The object has the body of the response, without its content type. So the length of the JSON header
is unknown, and the header ends where its JSON document ends.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from model_client.errors import InvalidResponse
from model_client.request import BINARY
from model_client.response import Response, parse_response
from model_packager.rejection import refusal

if TYPE_CHECKING:
    from model_client.arrays import Tensors
    from model_packager.signature import Signature

HEADER_LIMIT = 1024 * 1024
"""The maximum size of the JSON header, which describes at most 1,024 outputs."""


def outputs_of(body: bytes, signature: Signature) -> Tensors:
    """Return the outputs of a response by name.

    Args:
        body: the response in Triton's binary format, as the transform job stored it.
        signature: the model's inputs and outputs.

    Raises:
        InvalidResponse: the body is not a complete response of the model.
    """
    with refusal(lambda reason: _unreadable(body, reason)):
        text = body[:HEADER_LIMIT].decode("latin-1")  # one character for each byte
        header, length = json.JSONDecoder().raw_decode(text)
        sizes = [each["parameters"]["binary_data_size"] for each in header["outputs"]]
        if length + sum(sizes) != len(body):
            raise ValueError(f"its header announces {length + sum(sizes):,} bytes")
    result = parse_response(body, f"{BINARY}{length}")
    response = Response(result, 0.0, 0, len(body))
    return {each.name: response.output(each.name) for each in signature.outputs}


def _unreadable(body: bytes, reason: str) -> InvalidResponse:
    return InvalidResponse(
        f"The response ({len(body):,} bytes) is not in Triton's binary format: {reason:.300}",
        "See the log of the transform job.",
    )
