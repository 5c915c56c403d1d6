"""One request through the SageMaker runtime API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError, ReadTimeoutError

from model_client.endpoint import ask_endpoint
from model_client.request import BODY_LIMIT_BYTES
from smoke_test.refusal import refusal, too_late
from workflow.aws.aws_errors import code, message
from workflow.aws.clients import sagemaker_runtime
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from model_client.answer import Answer


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
    try:
        return ask_endpoint(sagemaker_runtime().invoke_endpoint, endpoint, body, content_type)
    except ClientError as error:
        if code(error) == "ModelError":
            raise refusal(endpoint, _answer(error)) from error
        raise
    except ReadTimeoutError as error:
        raise too_late(endpoint) from error


def _answer(error: ClientError) -> str:
    """What the container answered, which botocore keeps apart from SageMaker's own sentence."""
    response = cast("dict[str, Any]", error.response)
    return str(response.get("OriginalMessage") or message(error))
