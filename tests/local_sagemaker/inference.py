"""Sends requests to an endpoint like a client, one by one or continuously."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tritonclient.http as triton

from tests.local_sagemaker.conftest import LocalSageMaker

BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size="


def infer(
    local: LocalSageMaker,
    endpoint: str,
    arrays: dict[str, Any],
    outputs: list[str],
    **options: str,
) -> triton.InferResult:
    """Send a binary request with tritonclient's format, with these options of InvokeEndpoint."""
    inputs = []
    for name, array in arrays.items():
        tensor = triton.InferInput(name, list(array.shape), triton.np_to_triton_dtype(array.dtype))
        tensor.set_data_from_numpy(array, binary_data=True)
        inputs.append(tensor)
    wanted = [triton.InferRequestedOutput(name, binary_data=True) for name in outputs]
    body, header = triton.InferenceServerClient.generate_request_body(inputs, outputs=wanted)
    answer = local.runtime.invoke_endpoint(
        EndpointName=endpoint,
        ContentType=f"{BINARY}{header}",
        Body=body,
        **options,
    )
    content_type = answer["ContentType"]
    length = None  # Triton returns only JSON if no output has any bytes
    if content_type != "application/json":
        assert content_type.startswith(BINARY)
        length = int(content_type.removeprefix(BINARY))
    return triton.InferenceServerClient.parse_response_body(
        answer["Body"].read(), header_length=length
    )


def rows_request(rows: Any) -> bytes:
    """Return a JSON request to the model of `rows_archive`."""
    array = np.asarray(rows, np.float32)
    data = {"name": "x", "shape": list(array.shape), "datatype": "FP32", "data": array.tolist()}
    return json.dumps({"inputs": [data]}).encode()


def linear(local: LocalSageMaker, endpoint: str, rows: Any, **options: str) -> Any:
    array = np.asarray(rows, np.float32)
    result = infer(local, endpoint, {"INPUT__0": array}, ["OUTPUT__0"], **options)
    return result.as_numpy("OUTPUT__0")


@dataclass
class Load:
    """The responses to continuous requests: the model's factors, and the texts of errors."""

    answers: Counter[float] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: float | None, failure: str = "") -> None:
        with self.lock:
            if answer is None:
                self.failures.append(failure)
            else:
                self.answers[answer] += 1

    def total(self) -> int:
        with self.lock:
            return self.answers.total() + len(self.failures)


@contextmanager
def load_on(local: LocalSageMaker, endpoint: str, clients: int = 2) -> Iterator[Load]:
    """Send requests to a Linear during a `with` block, one after the other from each client.

    A complete response is one row of three equal numbers. Any other response is a failure.
    """
    load, enough = Load(), threading.Event()

    def send() -> None:
        while not enough.wait(0.005):
            try:
                (row,) = linear(local, endpoint, [[0.25] * 4]).tolist()
            except Exception as error:
                load.note(None, repr(error))
                continue
            whole = len(row) == 3 and len(set(row)) == 1
            load.note(row[0] if whole else None, f"a mixed answer: {row}")

    threads = [threading.Thread(target=send) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        enough.set()
        for thread in threads:
            thread.join()
