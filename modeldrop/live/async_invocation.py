"""Sends requests to the queue of an asynchronous endpoint, and waits for the results."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import BotoCoreError, ClientError

from model_client.async_request import Failed, Succeeded, poll_result, submit_request
from model_client.errors import InvalidResponse
from model_client.response import Response, error_message, parse_response
from modeldrop.errors import UsageError
from modeldrop.live.invocation import CONTAINER_LOG, InvocationFailed, aws_failed, refused
from modeldrop.live.live_model import require_awake

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3 import Session
    from mypy_boto3_sagemaker import SageMakerClient

    from model_client.async_request import QueuedRequest
    from modeldrop.live.invocation import Send
    from modeldrop.live.live_model import LiveModel

QueueState = Literal["queued", "scaling from zero"]

_POLL_SECONDS = 0.5
_DESCRIBE_SECONDS = 5.0


def async_client(
    session: Session,
    live_model: LiveModel,
    bucket: str,
    *,
    timeout_seconds: float,
    progress: Callable[[QueueState, float], object],
) -> Send:
    """Return a function that uploads a request, invokes the endpoint, and waits for the result.

    It raises InvocationFailed for a failure object, or after the timeout.

    Args:
        session: a session for the endpoint's account.
        live_model: the model.
        bucket: the artifact bucket, to which the inputs are uploaded.
        timeout_seconds: how long to wait for each result.
        progress: called with the state, and the seconds since the request.

    Raises:
        UsageError: the endpoint is not asynchronous, or the model is asleep.
    """
    require_awake(live_model)
    if not live_model.hosting.is_async:
        raise UsageError(
            f"The endpoint of {live_model.model} is not asynchronous.",
            "Remove --async, or set hosting.mode to async in deploy.yaml.",
        )
    s3, runtime = session.client("s3"), session.client("sagemaker-runtime")
    sagemaker = session.client("sagemaker")

    def wait(request: QueuedRequest, start: float) -> Succeeded | Failed:
        described = -_DESCRIBE_SECONDS
        state: QueueState = "queued"
        while (result := poll_result(s3, request)) is None:
            waited = time.monotonic() - start
            if waited > timeout_seconds:
                raise _still_queued(live_model, request.output_location, waited)
            if waited - described >= _DESCRIBE_SECONDS:
                described, state = waited, _state(sagemaker, live_model.endpoint)
            progress(state, waited)
            time.sleep(_POLL_SECONDS)
        return result

    def send(body: bytes, content_type: str) -> Response:
        start = time.monotonic()
        try:
            request = submit_request(
                s3.put_object,
                runtime.invoke_endpoint_async,
                bucket=bucket,
                endpoint=live_model.endpoint,
                body=body,
                content_type=content_type,
            )
            result = wait(request, start)
        except ClientError as error:
            raise refused(error, live_model) from error
        except BotoCoreError as error:
            raise aws_failed(error) from error
        milliseconds = (time.monotonic() - start) * 1000
        return _response(result, live_model, len(body), milliseconds)

    return send


def _response(
    result: Succeeded | Failed, live_model: LiveModel, sent: int, milliseconds: float
) -> Response:
    if isinstance(result, Failed):
        cause = f"The request failed: {error_message(result.message)}"
        raise InvocationFailed(cause, CONTAINER_LOG, command=("logs", live_model.model))
    try:
        parsed = parse_response(result.content, result.content_type)
    except InvalidResponse as error:
        raise InvocationFailed(error.cause, error.fix) from error
    return Response(parsed, milliseconds, sent, len(result.content))


def _state(sagemaker: SageMakerClient, endpoint: str) -> QueueState:
    variants = sagemaker.describe_endpoint(EndpointName=endpoint).get("ProductionVariants", [])
    running = any(each.get("CurrentInstanceCount", 0) > 0 for each in variants)
    return "queued" if running else "scaling from zero"


def _still_queued(live_model: LiveModel, output: str, seconds: float) -> InvocationFailed:
    return InvocationFailed(
        f"There is no result after {seconds:,.0f} s. The request stays in the queue. SageMaker "
        f"writes the result to {output}.",
        "See:",
        command=("status", live_model.model),
    )
