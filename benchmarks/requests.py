"""Building a request and parsing a response: Triton's binary format compared with JSON.

The bodies are those of the smoke test for [1, 3, 224, 224] FP32. Methods alternate, so other load
on the machine affects all of them.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.spread import spread
from model_client.request import BINARY, JSON, request
from model_client.response import parse_response
from model_packager.dtype import Dtype
from model_packager.signature import Signature, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

REPEATS = 20
IMAGE = (3, 224, 224)
SIGNATURE = Signature(
    inputs=(Tensor(name="INPUT__0", dtype=Dtype.FP32, dims=IMAGE),),
    outputs=(Tensor(name="OUTPUT__0", dtype=Dtype.FP32, dims=IMAGE),),
    max_batch_size=8,
)
TENSORS: dict[str, NDArray[Any]] = {
    "INPUT__0": np.random.default_rng(0).standard_normal((1, *IMAGE), np.float32)
}


def measure(repeats: int = REPEATS) -> list[dict[str, Any]]:
    """Return a row for building and a row for parsing in each format. Times are in milliseconds."""
    bodies = {name: request(TENSORS, SIGNATURE, binary=name == "binary")[0] for name in _FORMATS}
    responses = {"binary": _binary_response(), "json": _json_response()}

    def build(name: str) -> Callable[[], Any]:
        return lambda: request(TENSORS, SIGNATURE, binary=name == "binary")

    def parse(name: str) -> Callable[[], Any]:
        return lambda: parse_response(*responses[name]).as_numpy("OUTPUT__0")

    cases = {
        ("build", "binary"): build("binary"),
        ("build", "json"): build("json"),
        ("parse", "binary"): parse("binary"),
        ("parse", "json"): parse("json"),
    }
    sizes = {"build": bodies, "parse": {name: body for name, (body, _) in responses.items()}}
    times: dict[tuple[str, str], list[float]] = {case: [] for case in cases}
    for _ in range(repeats):
        for case, run in cases.items():
            start = time.perf_counter()
            run()
            times[case].append((time.perf_counter() - start) * 1000)
    return [
        {
            "operation": operation,
            "format": name,
            "bytes": len(sizes[operation][name]),
            **spread("ms", durations),
            "ratio to binary": round(
                statistics.median(durations) / statistics.median(times[operation, "binary"]), 1
            ),
        }
        for (operation, name), durations in times.items()
    ]


_FORMATS = ("binary", "json")


def _binary_response() -> tuple[bytes, str]:
    """Return a response, which has the format of a request with outputs in place of inputs."""
    body, content_type = request(TENSORS, SIGNATURE, binary=True)
    length = int(content_type.removeprefix(BINARY))
    header = json.dumps({"outputs": _as_outputs(json.loads(body[:length])["inputs"])}).encode()
    return header + body[length:], f"{BINARY}{len(header)}"


def _json_response() -> tuple[bytes, str]:
    body, _ = request(TENSORS, SIGNATURE, binary=False)
    return json.dumps({"outputs": _as_outputs(json.loads(body)["inputs"])}).encode(), JSON


def _as_outputs(inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "name": "OUTPUT__0"} for each in inputs]
