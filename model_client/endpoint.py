"""Requests to a SageMaker endpoint through the runtime API."""

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
        invoke: a client's `invoke_endpoint`.
        endpoint: its name.
        body: the request body.
        content_type: from `request`.
        target_model: which model of a pool answers; None for an endpoint with one model.

    Raises:
        InvalidResponse: the response is not Triton's.
        ClientError, ReadTimeoutError: there is no response.
    """
    start = time.perf_counter()
    target = {} if target_model is None else {"TargetModel": target_model}
    response = invoke(EndpointName=endpoint, Body=body, ContentType=content_type, **target)
    content = response["Body"].read()
    milliseconds = (time.perf_counter() - start) * 1000
    result = parse_response(content, response.get("ContentType", ""))
    return Response(result, milliseconds, len(body), len(content))
