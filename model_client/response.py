"""Parses a response of a served model, in Triton's binary format or as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from tritonclient.http import InferenceServerClient, InferResult
from tritonclient.utils import InferenceServerException

from model_client.errors import InvalidResponse
from model_client.text import is_text, text_array
from model_packager.rejection import refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Response:
    """One response, with the round-trip time."""

    result: InferResult
    milliseconds: float
    request_bytes: int
    response_bytes: int

    def array(self, name: str) -> NDArray[np.generic] | None:
        """Return one output, text as bytes objects; None if the response lacks it.

        Raises:
            InvalidResponse: the data is missing, or does not match the shape.
        """
        with refusal(lambda reason: _mismatch(name, reason)):
            array = cast("NDArray[np.generic] | None", self.result.as_numpy(name))
            return array if array is None or not is_text(array) else text_array(array)

    def output(self, name: str) -> NDArray[np.generic]:
        """Return one required output.

        Raises:
            InvalidResponse: the output is missing or has no data.
        """
        array = self.array(name)
        if array is None:
            raise InvalidResponse(
                f"The response has no output {name}, or no data for it.",
                "See the container's log; the backend may have failed.",
            )
        return array

    def outputs(self) -> list[dict[str, Any]]:
        """Return the name, datatype and shape of each output."""
        return cast("list[dict[str, Any]]", self.result.get_response()["outputs"])


def parse_response(content: bytes, content_type: str) -> InferResult:
    """Parse a binary or JSON response. Triton sends JSON if no output is binary.

    Raises:
        InvalidResponse: Triton did not send the response.
    """
    header = content_type.partition("json-header-size=")[2]
    try:
        with refusal(lambda reason: _not_triton(content, content_type, reason)):
            result = InferenceServerClient.parse_response_body(
                content, header_length=int(header) if header else None
            )
            for output in result.get_response()["outputs"]:
                _ = output["name"], output["datatype"], output["shape"]
            return result
    except InferenceServerException as error:
        raise _not_triton(content, content_type, str(error)) from error


def _not_triton(content: bytes, content_type: str, reason: str) -> InvalidResponse:
    return InvalidResponse(
        f"The response is not in Triton's format ({content_type!r:.120}, "
        f"{len(content):,} bytes): {reason:.300}",
        "See the container's log group; the image may not be Triton's.",
    )


def _mismatch(name: str, reason: str) -> InvalidResponse:
    return InvalidResponse(
        f"The data of the output {name} does not match its description: {reason}",
        "See the container's log; the backend may have failed.",
    )


def error_message(content: str) -> str:
    """Return the message in a container's error response, usually `{"error": "…"}`."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return content
    return str(document["error"]) if isinstance(document, dict) and "error" in document else content
