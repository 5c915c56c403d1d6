"""Sends one request of the smoke test, and waits for its response."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError, ReadTimeoutError

from model_client.endpoint import invoke_endpoint
from model_client.preparation import check_request_size
from model_client.request import JSON
from model_packager.sagemaker.payload_fit import largest_test_request
from smoke_test.async_invocation import invoke_async
from smoke_test.error_response import require_memory, smoke_test_failure, timeout_failure
from smoke_test.time_budget import ASYNC_BUDGET_SECONDS
from workflow.aws.aws_errors import code, message
from workflow.aws.clients import sagemaker_runtime

_LOAD_SECONDS = 360

if TYPE_CHECKING:
    from model_client.response import Response
    from smoke_test.time_budget import TimeBudget
    from workflow.contracts.deploy_model import SmokeTestInput


def invoke(
    event: SmokeTestInput, body: bytes, content_type: str, budget: TimeBudget | None = None
) -> Response:
    """Send one request through the SageMaker runtime API, as clients of the hosting mode do.

    Args:
        event: the step's input.
        body: the request.
        content_type: the body's content type.
        budget: limits the wait for an asynchronous result.

    Raises:
        SmokeTestFailed: the endpoint rejects it.
        ModelClientError: the request is too large, or Triton did not send the response.
        ClientError: AWS rejects the request itself.
    """
    limit = largest_test_request(event.hosting_mode)
    check_request_size(body, binary=content_type != JSON, limit=limit)
    endpoint = event.target
    if event.hosting_mode.is_async:
        seconds = budget.longest_wait() if budget else ASYNC_BUDGET_SECONDS
        return invoke_async(endpoint, body, content_type, event.signature, seconds=seconds)
    try:
        return _when_loaded(event, body, content_type)
    except ClientError as error:
        if code(error) == "ModelError":
            require_memory(error, event.deployment)
            raise smoke_test_failure(endpoint, _response_body(error), event.signature) from error
        raise
    except ReadTimeoutError as error:
        raise timeout_failure(endpoint) from error


def _when_loaded(event: SmokeTestInput, body: bytes, content_type: str) -> Response:
    """Send the request. If the model is in a pool, repeat until it is loaded.

    After 60 seconds, SageMaker answers ModelNotReadyException, and continues to load the model for
    up to 360 seconds (developer guide, "Invoke a Multi-Model Endpoint").
    """
    send, target = sagemaker_runtime().invoke_endpoint, event.deployment.target_model
    start = time.perf_counter()
    while True:
        try:
            answer = invoke_endpoint(send, event.target, body, content_type, target)
        except ClientError as error:
            waited = time.perf_counter() - start
            if code(error) != "ModelNotReadyException" or waited > _LOAD_SECONDS:
                raise
            continue
        return replace(answer, milliseconds=(time.perf_counter() - start) * 1000)


def _response_body(error: ClientError) -> str:
    """Return the container's response, without SageMaker's own message."""
    response = cast("dict[str, Any]", error.response)
    return str(response.get("OriginalMessage") or message(error))
