"""Sends one request to an asynchronous endpoint, and waits for its output object."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from model_client.async_request import Failed, Succeeded, poll_result, submit_request
from model_client.response import Response, parse_response
from model_packager.error_message import Remedy
from smoke_test.error_response import smoke_test_failure
from workflow.aws.clients import s3, sagemaker_runtime
from workflow.errors import SmokeTestFailed
from workflow.settings import SmokeTestSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.signature import Signature

_POLL_SECONDS = 0.25
_LONGEST_POLL_SECONDS = 5.0


def invoke_async(
    endpoint: str,
    body: bytes,
    content_type: str,
    signature: Signature,
    *,
    seconds: float,
    sleep: Callable[[float], object] = time.sleep,
) -> Response:
    """Submit one request, and wait for its result.

    The timeout includes the start of the first instance. The lifecycle rule of the artifact bucket
    deletes the objects.

    Args:
        endpoint: the name of the endpoint.
        body: the request.
        content_type: the body's content type.
        signature: the model's declared inputs and outputs, for the explanation of an error.
        seconds: the timeout.
        sleep: the function that waits between polls.

    Raises:
        SmokeTestFailed: the endpoint wrote a failure object, or no object in time.
        InvalidResponse: the output is not a response of Triton.
    """
    start = time.perf_counter()
    request = submit_request(
        s3().put_object,
        sagemaker_runtime().invoke_endpoint_async,
        bucket=SmokeTestSettings.read().artifact_bucket,
        endpoint=endpoint,
        body=body,
        content_type=content_type,
    )
    pause = _POLL_SECONDS
    while True:
        result = poll_result(s3(), request)
        waited = time.perf_counter() - start
        match result:
            case Succeeded(content, output_type):
                parsed = parse_response(content, output_type)
                return Response(parsed, waited * 1000, len(body), len(content))
            case Failed(message):
                raise smoke_test_failure(endpoint, message, signature)
        if waited > seconds:
            raise SmokeTestFailed(
                f"The request was still queued on {endpoint} after {seconds:g} s: there is neither "
                "an output object nor a failure object.",
                "See the endpoint's log and, in SageMaker, whether its instances start. Then "
                "upload the model again.",
                remedy=Remedy.RETRY,
            )
        sleep(pause)
        pause = min(pause * 1.2, _LONGEST_POLL_SECONDS)
