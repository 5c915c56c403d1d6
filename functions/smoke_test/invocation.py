"""One request to the endpoint, in Triton's binary format or as JSON, and its answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from botocore.exceptions import ClientError, ReadTimeoutError
from tritonclient.http import (
    InferenceServerClient,
    InferInput,
    InferRequestedOutput,
    InferResult,
)
from tritonclient.utils import InferenceServerException

from smoke_test.refusal import refusal, too_late
from workflow.aws_errors import code, message
from workflow.clients import sagemaker_runtime
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_packager.signature import Signature
    from smoke_test.tensors import Tensors

BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size="
"""Triton's binary format behind SageMaker; the length of its JSON part follows (AWS's Triton
examples, triton-inference-server/server src/sagemaker_server.cc)."""

JSON = "application/json"

BODY_LIMIT_BYTES = 6_291_456
"""InvokeEndpoint takes no more (botocore's service model, sagemaker-runtime BodyBlob)."""


@dataclass(frozen=True)
class Answer:
    """What came back; the time includes the way there and back."""

    result: InferResult
    milliseconds: float
    request_bytes: int
    response_bytes: int

    def array(self, name: str) -> NDArray[np.generic] | None:
        """Give one output, None where the answer does not have it.

        Raises:
            SmokeTestFailed: its data are missing, or are not as many as its shape says.
        """
        try:
            return cast("NDArray[np.generic] | None", self.result.as_numpy(name))
        except (ValueError, KeyError, TypeError) as error:
            raise SmokeTestFailed(
                f"The output {name} is described in the answer, and its data do not fit: {error}",
                "See the container's log; the backend may have failed.",
            ) from error

    def output(self, name: str) -> NDArray[np.generic]:
        """Give one output that has to be there.

        Raises:
            SmokeTestFailed: it is not, or has no data.
        """
        array = self.array(name)
        if array is None:
            raise SmokeTestFailed(
                f"The output {name} is not in the answer, or has no data there.",
                "See the container's log; the backend may have failed.",
            )
        return array

    def outputs(self) -> list[dict[str, Any]]:
        """Give the answer's description of its outputs: name, datatype, shape."""
        return cast("list[dict[str, Any]]", self.result.get_response()["outputs"])


def request(
    tensors: Tensors, signature: Signature, *, binary: bool, classes: int = 0
) -> tuple[bytes, str]:
    """Build the body and the content type of a request for all outputs.

    Args:
        tensors: arrays by input name, in the model's dtypes.
        signature: inputs and outputs of the model.
        binary: Triton's binary format, else JSON, for both request and answer.
        classes: ask for this many best classes, with their labels, instead of the numbers
            (Triton's classification extension); 0 asks for the numbers.
    """
    inputs: list[InferInput] = []
    for tensor in signature.inputs:
        array = tensors[tensor.name]
        given = InferInput(tensor.name, array.shape, tensor.dtype)
        given.set_data_from_numpy(array, binary_data=binary)
        inputs.append(given)
    outputs = [
        InferRequestedOutput(tensor.name, binary_data=binary, class_count=classes)
        for tensor in signature.outputs
    ]
    body, header_length = InferenceServerClient.generate_request_body(inputs, outputs=outputs)
    return bytes(body), JSON if header_length is None else f"{BINARY}{header_length}"


def invoke(endpoint: str, body: bytes, content_type: str) -> Answer:
    """Send one request through the SageMaker runtime API.

    Raises:
        SmokeTestFailed: the request is too large, the endpoint refuses it or answers no Triton
            response.
        ClientError: AWS refuses it for a reason of its own.
    """
    if len(body) > BODY_LIMIT_BYTES:
        raise SmokeTestFailed(
            f"A request of the sample has {len(body):,} bytes, and InvokeEndpoint takes at most "
            f"{BODY_LIMIT_BYTES:,}.",
            "Give the model smaller inputs (example_dims in deploy.yaml where dims has -1), or "
            "use the binary format (smoke_test.request_format).",
        )
    start = time.perf_counter()
    try:
        response = sagemaker_runtime().invoke_endpoint(
            EndpointName=endpoint, Body=body, ContentType=content_type
        )
        content = response["Body"].read()
    except ClientError as error:
        if code(error) == "ModelError":
            raise refusal(endpoint, _answer(error)) from error
        raise
    except ReadTimeoutError as error:
        raise too_late(endpoint) from error
    milliseconds = (time.perf_counter() - start) * 1000
    result = parse(content, response.get("ContentType", ""))
    return Answer(result, milliseconds, len(body), len(content))


def parse(content: bytes, content_type: str) -> InferResult:
    """Read an answer, binary or JSON: Triton answers JSON where no output is binary.

    Raises:
        SmokeTestFailed: it is no Triton response.
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
        raise SmokeTestFailed(
            f"The endpoint answered something that is no Triton response ({content_type!r}, "
            f"{len(content):,} bytes): {error}",
            "See the container's log group; the image may not be Triton's.",
        ) from error


def _answer(error: ClientError) -> str:
    """What the container answered, which botocore keeps apart from SageMaker's own sentence."""
    response = cast("dict[str, Any]", error.response)
    return str(response.get("OriginalMessage") or message(error))
