"""Sends requests to a SageMaker endpoint with the runtime API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from model_client.response import Response, parse_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker_runtime.type_defs import InvokeEndpointOutputTypeDef


def invoke_endpoint(
    invoke: Callable[..., InvokeEndpointOutputTypeDef],
    endpoint: str,
    body: bytes,
    content_type: str,
    target_model: str | None = None,
) -> Response:
    """Send one request and wait for the response.

    Args:
        invoke: the `invoke_endpoint` method of a client.
        endpoint: the name of the endpoint.
        body: the request body.
        content_type: the content type from `request`.
        target_model: the TargetModel in a pool; None for an endpoint with one model.

    Raises:
        InvalidResponse: Triton did not send the response.
        ClientError, ReadTimeoutError: the endpoint returned an error, or no response.
    """
    start = time.perf_counter()
    target = {} if target_model is None else {"TargetModel": target_model}
    response = invoke(EndpointName=endpoint, Body=body, ContentType=content_type, **target)
    content = response["Body"].read()
    milliseconds = (time.perf_counter() - start) * 1000
    result = parse_response(content, response.get("ContentType", ""))
    return Response(result, milliseconds, len(body), len(content))
