"""What Triton says of a request that it refuses, in words for the model's owner."""

from __future__ import annotations

import json
import re

from workflow.errors import SmokeTestFailed
from workflow.failures.explanation import explain_answer

# pytorch_backend, src/model_instance_state.cc (ReadOutputTensors).
_OUTPUT_DTYPE = re.compile(
    r"configuration expects datatype TYPE_(?P<config>\w+) for output '(?P<name>[^']+)', "
    r"model provides TYPE_(?P<model>\w+)"
)


def refusal(endpoint: str, answer: str) -> SmokeTestFailed:
    """Translate what the container answered, most often `{"error": "…"}`."""
    said = _error(answer)
    mismatch = _OUTPUT_DTYPE.search(said)
    if mismatch:
        return SmokeTestFailed(
            f"The output {mismatch['name']} is {mismatch['model']}, and the config says "
            f"{mismatch['config']}.",
            "Put these lines into deploy.yaml (dims without the batch), then drop the model again:"
            f"\noutputs:\n  - {{name: {mismatch['name']}, dtype: {mismatch['model']}, dims: [-1]}}",
        )
    failure = explain_answer(said)
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


def _error(answer: str) -> str:
    try:
        told = json.loads(answer)
    except json.JSONDecodeError:
        return answer
    return str(told["error"]) if isinstance(told, dict) and "error" in told else answer
