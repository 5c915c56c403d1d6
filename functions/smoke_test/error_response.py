"""Turns Triton's error response into a cause and a fix for the model's owner."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from model_client.response import error_message
from model_packager.aws_limits import INVOCATION_SECONDS
from model_packager.dtype import config_name
from model_packager.error_message import Remedy
from model_packager.sagemaker.cloudwatch import log_group
from model_packager.spec.yaml.lines import PASTE, outputs_lines
from workflow.errors import SmokeTestFailed
from workflow.failures.diagnosis import diagnose_response
from workflow.failures.input_dims import wrong_dims
from workflow.failures.log_errors import readable
from workflow.failures.outputs_lines import OUTPUT_DTYPE

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from model_packager.signature import Signature
    from model_packager.stored import Deployment

# torch.nn.functional, _verify_batch_size: BatchNorm normalizes over a batch of one row.
_TRAINING = "Expected more than 1 value per channel when training"

# The Python backend: an error that model.py raised (src/pb_stub.cc).
_OF_PYTHON_MODEL = "Failed to process the request(s) for model"

# After aws_limits.INVOCATION_SECONDS (aws/amazon-sagemaker-examples#799).
_TIMED_OUT = "Your invocation timed out while waiting for a response from container"


def smoke_test_failure(endpoint: str, body: str, signature: Signature) -> SmokeTestFailed:
    """Explain the container's error response, usually `{"error": "…"}`."""
    message = error_message(body)
    mismatch = OUTPUT_DTYPE.search(message)
    if mismatch:
        return SmokeTestFailed(
            f"The output {mismatch['name']} is {mismatch['model']}, but the model configuration "
            f"says {mismatch['config']}.",
            f"{PASTE}\n"
            + outputs_lines(signature, dtypes={mismatch["name"]: config_name(mismatch["model"])}),
            remedy=Remedy.CORRECT_SPEC,
        )
    wrong = wrong_dims([readable(message)], signature)
    if wrong is not None:
        return SmokeTestFailed(
            wrong.cause, wrong.fix, evidence=_answered(message), remedy=Remedy.CORRECT_SPEC
        )
    if _TRAINING in message:
        return SmokeTestFailed(
            "The model is in training mode, where BatchNorm needs more than one row.",
            "Call model.eval(), export the model again and upload it.",
            evidence=_answered(message),
        )
    if _TIMED_OUT in message:
        return timeout_failure(endpoint)
    diagnosis = diagnose_response(message)
    log = f"(log group {log_group(endpoint)})"
    if diagnosis:
        return SmokeTestFailed(
            diagnosis.cause,
            f"{diagnosis.fix} Then upload the model again {log}.",
            evidence=_answered(message),
            remedy=diagnosis.kind.remedy,
            depends_on_input=_OF_PYTHON_MODEL in message,
        )
    return SmokeTestFailed(
        f"The model rejected the request: {message}",
        "Compare inputs, dtypes, dims and max_batch_size in deploy.yaml with the arguments of "
        f"forward() {log}, then upload the model again.",
        remedy=Remedy.CORRECT_SPEC,
        depends_on_input=True,
    )


def _answered(message: str) -> str:
    return f"The container answered: {message}"


def require_memory(error: ClientError, deployment: Deployment) -> None:
    """Raise SmokeTestFailed if the model does not fit into the memory of its pool.

    The container's status 507 makes SageMaker unload other models. Clients get it if that was not
    enough (developer guide, "Custom Containers Contract for Multi-Model Endpoints").

    Raises:
        SmokeTestFailed: the status is 507.
    """
    status = cast("dict[str, Any]", error.response).get("OriginalStatusCode")
    if status == HTTPStatus.INSUFFICIENT_STORAGE and deployment.pool is not None:
        raise SmokeTestFailed(
            f"{deployment.model} does not fit into the memory of the pool {deployment.pool}.",
            "Name a pool with larger instances in deploy.yaml, then upload it.",
            remedy=Remedy.CORRECT_SPEC,
        ) from error


def timeout_failure(endpoint: str) -> SmokeTestFailed:
    """Explain a request without a response."""
    return SmokeTestFailed(
        f"The endpoint {endpoint} did not respond within SageMaker's limit of "
        f"{INVOCATION_SECONDS.value} s.",
        "For a Python model, check that `execute` returns one response for each request: if it "
        "returns None, no request ever gets a response. Otherwise set a faster "
        "endpoint.instance_type in deploy.yaml. Then upload the model again.",
        remedy=Remedy.CORRECT_SPEC,
    )
