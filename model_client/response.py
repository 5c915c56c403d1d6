"""An answer of a served model, in Triton's binary format or as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from tritonclient.http import InferenceServerClient, InferResult
from tritonclient.utils import InferenceServerException

from model_client.errors import InvalidResponse

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Response:
    """What came back; the time includes the way there and back."""

    result: InferResult
    milliseconds: float
    request_bytes: int
    response_bytes: int

    def array(self, name: str) -> NDArray[np.generic] | None:
        """Give one output, None where the answer does not have it.

        Raises:
            InvalidResponse: its data are missing, or are not as many as its shape says.
        """
        try:
            return cast("NDArray[np.generic] | None", self.result.as_numpy(name))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidResponse(
                f"The output {name} is described in the answer, and its data do not fit: {error}",
                "See the container's log; the backend may have failed.",
            ) from error

    def output(self, name: str) -> NDArray[np.generic]:
        """Give one output that has to be there.

        Raises:
            InvalidResponse: it is not, or has no data.
        """
        array = self.array(name)
        if array is None:
            raise InvalidResponse(
                f"The output {name} is not in the answer, or has no data there.",
                "See the container's log; the backend may have failed.",
            )
        return array

    def outputs(self) -> list[dict[str, Any]]:
        """Give the answer's description of its outputs: name, datatype, shape."""
        return cast("list[dict[str, Any]]", self.result.get_response()["outputs"])


def parse_response(content: bytes, content_type: str) -> InferResult:
    """Read an answer, binary or JSON: Triton answers JSON where no output is binary.

    Raises:
        InvalidResponse: it is no Triton response.
    """
    header = content_type.partition("json-header-size=")[2]
    try:
        result = InferenceServerClient.parse_response_body(
            content, header_length=int(header) if header else None
        )
        for output in result.get_response()["outputs"]:
            _ = output["name"], output["datatype"], output["shape"]
        return result
    except (ValueError, KeyError, TypeError, AttributeError, InferenceServerException) as error:
        raise InvalidResponse(
            f"The endpoint answered something that is no Triton response ({content_type!r}, "
            f"{len(content):,} bytes): {error}",
            "See the container's log group; the image may not be Triton's.",
        ) from error


def error_message(content: str) -> str:
    """Read what a container says where it refuses a request, most often `{"error": "…"}`."""
    try:
        told = json.loads(content)
    except json.JSONDecodeError:
        return content
    return str(told["error"]) if isinstance(told, dict) and "error" in told else content
