"""Sends one request through the SageMaker runtime API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError, ReadTimeoutError

from model_client.endpoint import invoke_endpoint
from model_client.preparation import check_request_size
from model_client.request import JSON
from smoke_test.error_response import smoke_test_failure, timeout_failure
from workflow.aws.aws_errors import code, message
from workflow.aws.clients import sagemaker_runtime

if TYPE_CHECKING:
    from model_client.response import Response
    from model_packager.signature import Signature


def invoke(endpoint: str, body: bytes, content_type: str, signature: Signature) -> Response:
    """Send one request through the SageMaker runtime API.

    Raises:
        SmokeTestFailed: the endpoint rejects it.
        ModelClientError: the request is too large, or the response is not Triton's.
        ClientError: AWS rejects the request itself.
    """
    check_request_size(body, binary=content_type != JSON)
    try:
        return invoke_endpoint(sagemaker_runtime().invoke_endpoint, endpoint, body, content_type)
    except ClientError as error:
        if code(error) == "ModelError":
            raise smoke_test_failure(endpoint, _response_body(error), signature) from error
        raise
    except ReadTimeoutError as error:
        raise timeout_failure(endpoint) from error


def _response_body(error: ClientError) -> str:
    """Return the container's response, which botocore separates from SageMaker's own message."""
    response = cast("dict[str, Any]", error.response)
    return str(response.get("OriginalMessage") or message(error))
