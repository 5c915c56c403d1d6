"""Answers InvokeEndpoint and InvokeEndpointAsync as SageMaker and Triton do.

moto accepts these calls, but it has no container that answers them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from numpy.typing import NDArray

from model_client.request import BINARY, JSON
from tests.unit.functions.samples import ARTIFACTS
from tests.unit.functions.triton_responses import binary_answer, json_answer
from workflow.aws.clients import s3, sagemaker_runtime

Model = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Takes INPUT__0, and returns OUTPUT__0."""

_TARGET = "X-Amzn-SageMaker-Target-Model"
_INPUT = "X-Amzn-SageMaker-InputLocation"
_INPUT_TYPE = "X-Amzn-SageMaker-Content-Type"


class ContainerError(Exception):
    """An error response of the container: the status and the message."""

    def __init__(self, message: str, status: int = 500) -> None:
        super().__init__(message)
        self.status = status


class _Content:
    """The body of a response."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self) -> bytes:
        return self._content


class ServedModels:
    """The models by TargetModel; None is the key of an endpoint's only model.

    Attributes:
        requests: the number of requests to each model.
    """

    def __init__(self) -> None:
        self.models: dict[str | None, Model] = {}
        self.requests: Counter[str | None] = Counter()

    def invoke(self, params: dict[str, Any], **_: object) -> Any:
        """Answer InvokeEndpoint."""
        headers = params["headers"]
        target = headers.get(_TARGET)
        try:
            content, content_type = self._answer(target, params["body"], headers["Content-Type"])
        except ContainerError as error:
            response = {
                "Error": {"Code": "ModelError", "Message": "Received server error"},
                "OriginalStatusCode": error.status,
                "OriginalMessage": json.dumps({"error": str(error)}),
            }
            return AWSResponse(params["url"], 424, HTTPHeaders(), None), response
        answer = {"Body": _Content(content), "ContentType": content_type}
        return AWSResponse(params["url"], 200, HTTPHeaders(), None), answer

    def invoke_async(self, params: dict[str, Any], **_: object) -> Any:
        """Answer InvokeEndpointAsync, after writing the output object or the failure object."""
        headers = params["headers"]
        key = headers[_INPUT].removeprefix(f"s3://{ARTIFACTS}/")
        output, failure = f"outputs/{key}", f"failures/{key}"
        body = s3().get_object(Bucket=ARTIFACTS, Key=key)["Body"].read()
        try:
            content, content_type = self._answer(None, body, headers[_INPUT_TYPE])
        except ContainerError as error:
            s3().put_object(Bucket=ARTIFACTS, Key=failure, Body=str(error).encode())
        else:
            s3().put_object(Bucket=ARTIFACTS, Key=output, Body=content, ContentType=content_type)
        accepted = {
            "OutputLocation": f"s3://{ARTIFACTS}/{output}",
            "FailureLocation": f"s3://{ARTIFACTS}/{failure}",
        }
        return AWSResponse(params["url"], 202, HTTPHeaders(), None), accepted

    def _answer(self, target: str | None, body: bytes, content_type: str) -> tuple[bytes, str]:
        binary = content_type != JSON
        length = int(content_type.removeprefix(BINARY)) if binary else len(body)
        header = json.loads(body[:length])
        (tensor,), (wanted,) = header["inputs"], header["outputs"]
        values = (
            np.frombuffer(body[length:], np.float32)
            if binary
            else np.array(tensor["data"], np.float32)
        )
        self.requests[target] += 1
        output: NDArray[Any] = self.models[target](values.reshape(tensor["shape"]))
        classes = wanted.get("parameters", {}).get("classification", 0)
        if classes:
            output = _top(output, classes)
        return (binary_answer if binary else json_answer)(OUTPUT__0=output)


def _top(output: NDArray[np.float32], classes: int) -> NDArray[np.object_]:
    """Return the largest values as `VALUE:INDEX:LABEL` (Triton's classification extension)."""
    rows = [
        [f"{row[index]:f}:{index}:class {index}".encode() for index in np.argsort(-row)[:classes]]
        for row in output
    ]
    return np.array(rows, object)


@contextmanager
def served_models() -> Iterator[ServedModels]:
    """Answer the calls of this process's runtime client."""
    served, events = ServedModels(), sagemaker_runtime().meta.events
    hooks = {"InvokeEndpoint": served.invoke, "InvokeEndpointAsync": served.invoke_async}
    for operation, hook in hooks.items():
        events.register(f"before-call.sagemaker-runtime.{operation}", hook)
    try:
        yield served
    finally:
        for operation, hook in hooks.items():
            events.unregister(f"before-call.sagemaker-runtime.{operation}", hook)
