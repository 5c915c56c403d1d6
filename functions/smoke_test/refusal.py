"""What Triton says of a request that it refuses, in words for the model's owner."""

from __future__ import annotations

import re

from model_client.answer import refusal_in
from workflow.errors import SmokeTestFailed
from workflow.failures.diagnosis import diagnose_response

# pytorch_backend, src/model_instance_state.cc (ReadOutputTensors).
_OUTPUT_DTYPE = re.compile(
    r"configuration expects datatype TYPE_(?P<config>\w+) for output '(?P<name>[^']+)', "
    r"model provides TYPE_(?P<model>\w+)"
)

# torch.nn.functional, _verify_batch_size: BatchNorm normalises over the batch, which has one row.
_TRAINING = "Expected more than 1 value per channel when training"

# SageMaker waits 60 s (aws/amazon-sagemaker-examples#799).
_TIMED_OUT = "Your invocation timed out while waiting for a response from container"


def refusal(endpoint: str, answer: str) -> SmokeTestFailed:
    """Translate what the container answered, most often `{"error": "…"}`."""
    said = refusal_in(answer)
    mismatch = _OUTPUT_DTYPE.search(said)
    if mismatch:
        return SmokeTestFailed(
            f"The output {mismatch['name']} is {mismatch['model']}, and the config says "
            f"{mismatch['config']}.",
            "Put these lines into deploy.yaml (dims without the batch), then drop the model again:"
            f"\noutputs:\n  - {{name: {mismatch['name']}, dtype: {mismatch['model']}, dims: [-1]}}",
        )
    if _TRAINING in said:
        return SmokeTestFailed(
            f"The model is in training mode, in which BatchNorm needs more than one row: {said}",
            "Call model.eval(), export the model again and drop it.",
        )
    if _TIMED_OUT in said:
        return too_late(endpoint)
    failure = diagnose_response(said)
    log = f"(log group /aws/sagemaker/Endpoints/{endpoint})"
    if failure:
        return SmokeTestFailed(
            f"{failure.cause} The model refused the request: {said}",
            f"{failure.fix} Then drop the model again {log}.",
        )
    return SmokeTestFailed(
        f"The model refused the request: {said}",
        "Compare inputs, dtypes, dims and max_batch_size in deploy.yaml with what forward() takes "
        f"{log}, then drop the model again.",
    )


def too_late(endpoint: str) -> SmokeTestFailed:
    """Say that an answer did not come."""
    return SmokeTestFailed(
        f"The endpoint {endpoint} did not answer within the 60 s that SageMaker allows.",
        "Use a faster instance type (endpoint.instance_type in deploy.yaml), then drop again.",
    )
