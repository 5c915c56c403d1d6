"""Sends requests to the endpoint of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from model_client.endpoint import invoke_endpoint
from model_client.errors import InvalidResponse
from model_client.ranking import ranked_items
from model_client.request import request
from model_client.response import error_message
from model_packager.aws_limits import INVOCATION_SECONDS
from model_packager.sagemaker.requests import INVOKE_TIMEOUT_SECONDS
from model_packager.spec.load_profile import MAX_CLIENTS
from modeldrop.aws_errors import translate
from modeldrop.errors import CommandError, UsageError
from modeldrop.live.live_model import require_awake
from modeldrop.live.request_input import request_input

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from boto3 import Session
    from numpy.typing import NDArray

    from model_client.ranking import RankedClass
    from model_client.response import Response
    from modeldrop.live.live_model import LiveModel

    Send = Callable[[bytes, str], Response]

DEFAULT_TOP = 5
"""The default number of top classes for a model with labels."""


CONTAINER_LOG = "Container log:"


class InvocationFailed(CommandError):
    """The endpoint refused the request or did not respond. The message has the reason."""


class NotInService(InvocationFailed):
    """The endpoint does not exist, or is not in service."""


@dataclass(frozen=True)
class Invocation:
    """Requests to an endpoint, and the response.

    Attributes:
        input: describes the input.
        response: the response to the first request.
        outputs: the arrays of the response, by name.
        milliseconds: the latency of each request, in order.
        top: the top classes of each item; empty if not requested.
    """

    input: str
    response: Response
    outputs: dict[str, NDArray[np.generic]]
    milliseconds: tuple[float, ...]
    top: list[list[RankedClass]]


def invoke(
    live_model: LiveModel, send: Send, *, repeat: int = 1, top: int | None = None
) -> Invocation:
    """Send the request of the smoke test one or more times, sequentially.

    Args:
        live_model: the model and its input.
        send: the result of `endpoint_client` or `async_client`.
        repeat: the number of requests.
        top: the number of top classes; by default, DEFAULT_TOP for a model with labels, otherwise
            0.

    Raises:
        InvocationFailed: a request failed.
        UsageError: the input does not fit the model.
    """
    test_input = request_input(live_model)
    binary = live_model.smoke_test.request_format == "binary"
    body, content_type = request(test_input.tensors, live_model.signature, binary=binary)
    first = send(body, content_type)
    others = [send(body, content_type).milliseconds for _ in range(repeat - 1)]
    classes = top if top is not None else DEFAULT_TOP if live_model.has_labels else 0
    ranked: list[list[RankedClass]] = []
    if classes:
        ranking = request(test_input.tensors, live_model.signature, binary=True, classes=classes)
        ranked = ranked_items(send(*ranking), live_model.signature)
    return Invocation(
        test_input.description, first, _outputs(first), (first.milliseconds, *others), ranked
    )


def _outputs(response: Response) -> dict[str, NDArray[np.generic]]:
    try:
        return {each["name"]: response.output(each["name"]) for each in response.outputs()}
    except InvalidResponse as error:
        raise InvocationFailed(error.cause, error.fix) from error


def endpoint_client(session: Session, live_model: LiveModel) -> Send:
    """Return a function that sends a request, with a connection for each client.

    It never retries, because a retry would look like a slow response. It raises InvocationFailed.

    Raises:
        UsageError: the endpoint is asynchronous, or the model is asleep.
    """
    require_awake(live_model)
    if live_model.hosting.is_async:
        raise UsageError(
            f"The endpoint of {live_model.model} is asynchronous.",
            "Send requests with:",
            command=("invoke", live_model.model, "FILE", "--async"),
        )
    config = Config(
        read_timeout=INVOKE_TIMEOUT_SECONDS,
        max_pool_connections=MAX_CLIENTS,
        retries={"total_max_attempts": 1},
    )
    runtime = session.client("sagemaker-runtime", config=config)

    def send(body: bytes, content_type: str) -> Response:
        try:
            return invoke_endpoint(
                runtime.invoke_endpoint,
                live_model.endpoint,
                body,
                content_type,
                live_model.target_model,
            )
        except ClientError as error:
            raise refused(error, live_model) from error
        except ReadTimeoutError as error:
            raise InvocationFailed(
                f"{live_model.endpoint} did not respond within SageMaker's limit of "
                f"{INVOCATION_SECONDS.value} s.",
                CONTAINER_LOG,
                command=("logs", live_model.model),
            ) from error
        except BotoCoreError as error:
            raise aws_failed(error) from error
        except InvalidResponse as error:  # the response is not Triton's
            raise InvocationFailed(error.cause, error.fix) from error

    return send


def aws_failed(error: ClientError | BotoCoreError) -> InvocationFailed:
    """Return the error for a request that did not reach the model."""
    translated = translate(error)
    return InvocationFailed(translated.cause, translated.fix)


def refused(error: ClientError, live_model: LiveModel) -> InvocationFailed:
    """Return the error with the reason why an endpoint refused a request."""
    response = cast("dict[str, Any]", error.response)
    code, message = response["Error"]["Code"], response["Error"].get("Message", "")
    if code == "ModelError":  # botocore puts the container's own message into another field
        reason = error_message(str(response.get("OriginalMessage") or message))
        return InvocationFailed(
            f"The model refused the request: {reason}",
            CONTAINER_LOG,
            command=("logs", live_model.model),
        )
    if (
        code == "ModelNotReadyException"
    ):  # after 60 s, while SageMaker keeps loading the model (InvokeEndpoint errors)
        return InvocationFailed(
            f"{live_model.endpoint} is still loading the model.", "Try again in a minute."
        )
    if code == "ValidationError" and "not found" in message:  # the runtime API has no specific code
        cause = f"The endpoint {live_model.endpoint} is not in service."
        return NotInService(cause, "See:", command=("status", live_model.model))
    return aws_failed(error)
