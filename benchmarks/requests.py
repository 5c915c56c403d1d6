"""Building a request and reading an answer: Triton's binary format against JSON, in one run.

Bodies are those that the smoke test sends and gets for [1, 3, 224, 224] FP32. Ways take turns, so
that whatever else the machine does hits all of them.
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
    """Give a row for building and one for parsing, in each format; times in milliseconds."""
    bodies = {name: request(TENSORS, SIGNATURE, binary=name == "binary")[0] for name in _FORMATS}
    answers = {"binary": _binary_answer(), "json": _json_answer()}

    def build(name: str) -> Callable[[], Any]:
        return lambda: request(TENSORS, SIGNATURE, binary=name == "binary")

    def read(name: str) -> Callable[[], Any]:
        return lambda: parse_response(*answers[name]).as_numpy("OUTPUT__0")

    ways = {
        ("build", "binary"): build("binary"),
        ("build", "json"): build("json"),
        ("parse", "binary"): read("binary"),
        ("parse", "json"): read("json"),
    }
    sizes = {"build": bodies, "parse": {name: answer for name, (answer, _) in answers.items()}}
    times: dict[tuple[str, str], list[float]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way, run in ways.items():
            start = time.perf_counter()
            run()
            times[way].append((time.perf_counter() - start) * 1000)
    return [
        {
            "what": what,
            "format": name,
            "bytes": len(sizes[what][name]),
            **spread("ms", spent),
            "times binary": round(
                statistics.median(spent) / statistics.median(times[what, "binary"]), 1
            ),
        }
        for (what, name), spent in times.items()
    ]


_FORMATS = ("binary", "json")


def _binary_answer() -> tuple[bytes, str]:
    """An answer has the form of a request: outputs in the place of inputs."""
    body, content_type = request(TENSORS, SIGNATURE, binary=True)
    length = int(content_type.removeprefix(BINARY))
    header = json.dumps({"outputs": _described(json.loads(body[:length])["inputs"])}).encode()
    return header + body[length:], f"{BINARY}{len(header)}"


def _json_answer() -> tuple[bytes, str]:
    body, _ = request(TENSORS, SIGNATURE, binary=False)
    return json.dumps({"outputs": _described(json.loads(body)["inputs"])}).encode(), JSON


def _described(inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "name": "OUTPUT__0"} for each in inputs]
