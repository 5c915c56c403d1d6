"""A SageMaker endpoint, asked through the runtime API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from model_client.response import Response, parse_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker_runtime.type_defs import InvokeEndpointOutputTypeDef

RESPONSE_TIMEOUT_SECONDS = 65
"""SageMaker answers within 60 s (InvokeEndpoint API reference); a little longer than that."""


def invoke_endpoint(
    invoke: Callable[..., InvokeEndpointOutputTypeDef],
    endpoint: str,
    body: bytes,
    content_type: str,
) -> Response:
    """Send one request, and wait for its answer.

    Args:
        invoke: a client's `invoke_endpoint`.
        endpoint: its name.
        body: of the request.
        content_type: which `request` gave with it.

    Raises:
        InvalidResponse: the answer is no Triton response.
        ClientError, ReadTimeoutError: there is no answer.
    """
    start = time.perf_counter()
    response = invoke(EndpointName=endpoint, Body=body, ContentType=content_type)
    content = response["Body"].read()
    milliseconds = (time.perf_counter() - start) * 1000
    result = parse_response(content, response.get("ContentType", ""))
    return Response(result, milliseconds, len(body), len(content))
