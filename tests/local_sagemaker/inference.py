"""Sends requests to an endpoint like a client, one by one or continuously."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import tritonclient.http as triton

from tests.binary_inference import binary_request, binary_result
from tests.continuous_requests import Load, load_of
from tests.local_sagemaker.conftest import LocalSageMaker


def infer(
    local: LocalSageMaker,
    endpoint: str,
    arrays: dict[str, Any],
    outputs: list[str],
    **options: str,
) -> triton.InferResult:
    """Send a binary request with these options of InvokeEndpoint."""
    body, content_type = binary_request(arrays, outputs)
    answer = local.runtime.invoke_endpoint(
        EndpointName=endpoint, ContentType=content_type, Body=body, **options
    )
    return binary_result(answer["Body"].read(), answer["ContentType"])


def rows_request(rows: Any) -> bytes:
    """Return a JSON request to the model of `rows_archive`."""
    array = np.asarray(rows, np.float32)
    data = {"name": "x", "shape": list(array.shape), "datatype": "FP32", "data": array.tolist()}
    return json.dumps({"inputs": [data]}).encode()


def linear(local: LocalSageMaker, endpoint: str, rows: Any, **options: str) -> Any:
    array = np.asarray(rows, np.float32)
    result = infer(local, endpoint, {"INPUT__0": array}, ["OUTPUT__0"], **options)
    return result.as_numpy("OUTPUT__0")


def load_on(local: LocalSageMaker, endpoint: str) -> AbstractContextManager[Load]:
    """Send requests to a Linear during a `with` block.

    A complete response is one row of three equal numbers. Any other response is a failure.
    """

    def call() -> float | str:
        (row,) = linear(local, endpoint, [[0.25] * 4]).tolist()
        whole = len(row) == 3 and len(set(row)) == 1
        return row[0] if whole else f"a mixed answer: {row}"

    return load_of(lambda: call)
