"""Runs load tests with increasing concurrency."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from model_client.latency import percentile
from model_client.request import request
from model_packager.aws_limits import INVOCATION_BYTES
from model_packager.spec.load_profile import LoadPoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from model_client.arrays import Tensors
    from model_packager.signature import Signature
    from model_packager.spec.smoke_test_spec import RequestFormat


@dataclass(frozen=True)
class Exchange:
    """A request and its response: the round-trip time, and the sizes in bytes."""

    milliseconds: float
    request_bytes: int
    response_bytes: int


SendRequest = Callable[[bytes, str], Exchange]
"""Sends a body with a content type, waits for the response, and raises any error."""


@dataclass(frozen=True)
class Level:
    """The settings of one level of load.

    Attributes:
        concurrency: the number of concurrent clients.
        request_format: the format of the requests.
        items: the number of rows in a request.
        send: sends one request.
    """

    concurrency: int
    request_format: RequestFormat
    items: int
    send: Callable[[], Exchange]


class LevelFailed(Exception):
    """A request of a level failed. The error's `__cause__` has the reason."""

    def __init__(self, level: Level, answered: int) -> None:
        clients = "client" if level.concurrency == 1 else "clients"
        super().__init__(
            f"With {level.concurrency} concurrent {clients} ({level.request_format}), a request "
            f"failed after {answered:,} had succeeded"
        )


def levels(
    tensors: Tensors,
    signature: Signature,
    send: SendRequest,
    *,
    concurrency: Sequence[int],
    request_format: RequestFormat,
    response_bytes: int,
) -> Iterator[Level]:
    """Yield a level for each number of clients, and one in the other format for comparison.

    Args:
        tensors: the arrays by input name.
        signature: the model's inputs and outputs.
        send: sends a request to the model.
        concurrency: the number of concurrent clients of each level.
        request_format: the format of the requests.
        response_bytes: the size of a response in this format.
    """
    items = next(iter(tensors.values())).shape[0] if signature.max_batch_size else 1
    own = request(tensors, signature, binary=request_format == "binary")
    for clients in concurrency:
        yield Level(clients, request_format, items, partial(send, *own))
    if request_format == "json":
        binary = request(tensors, signature, binary=True)
        yield Level(concurrency[0], "binary", items, partial(send, *binary))
    elif signature.supports_json and response_bytes * JSON_GROWTH <= INVOCATION_BYTES.value:
        json = request(tensors, signature, binary=False)
        if len(json[0]) <= INVOCATION_BYTES.value:
            yield Level(concurrency[0], "json", items, partial(send, *json))


JSON_GROWTH = 6
"""The growth of a request in JSON: a random FP32 takes 4 bytes in binary and up to 22 in JSON."""


def run_level(level: Level, seconds: float) -> LoadPoint:
    """Send requests from all clients for a number of seconds, and summarize the measurements.

    Requests in flight at the end count with their full time.

    Raises:
        LevelFailed: a request failed.
    """
    done: list[list[Exchange]] = [[] for _ in range(level.concurrency)]
    failures: list[Exception] = []
    stop = threading.Event()
    start = time.perf_counter()

    def client(own: list[Exchange]) -> None:
        try:
            while not stop.is_set() and (not own or time.perf_counter() - start < seconds):
                own.append(level.send())
        except Exception as error:  # any error ends the level
            failures.append(error)
            stop.set()

    with ThreadPoolExecutor(level.concurrency, thread_name_prefix="client") as pool:
        try:
            wait([pool.submit(client, own) for own in done])
        finally:
            stop.set()  # after Ctrl-C, the pool still waits for its threads
    elapsed = time.perf_counter() - start
    exchanges = [exchange for own in done for exchange in own]
    if failures:
        raise LevelFailed(level, len(exchanges)) from failures[0]
    return point(level, exchanges, elapsed)


def point(level: Level, done: list[Exchange], seconds: float) -> LoadPoint:
    """Summarize the measurements of one level.

    Args:
        level: the level.
        done: one or more requests with responses.
        seconds: the duration of the level.
    """
    milliseconds = [each.milliseconds for each in done]
    p50, p90, p95, p99 = (round(percentile(milliseconds, share), 2) for share in (50, 90, 95, 99))
    return LoadPoint(
        concurrency=level.concurrency,
        request_format=level.request_format,
        requests=len(done),
        requests_per_second=round(len(done) / seconds, 1),
        items_per_second=round(len(done) * level.items / seconds, 1),
        p50_ms=p50,
        p90_ms=p90,
        p95_ms=p95,
        p99_ms=p99,
        request_bytes=done[0].request_bytes,
        response_bytes=done[0].response_bytes,
    )
