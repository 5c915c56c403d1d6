"""Concurrent clients and their statistics."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from model_client.load import Exchange, Level, LevelFailed, levels, point, run_level
from model_client.request import JSON
from model_packager.aws_limits import INVOCATION_BYTES
from model_packager.dtype import Dtype
from tests.unit.functions.samples import signature, tensor

if TYPE_CHECKING:
    from model_client.arrays import Tensors


def level(ask: Any, concurrency: int = 3, items: int = 2) -> Level:
    return Level(concurrency, "binary", items, ask)


def load_levels(model_signature: Any = None, array: Any = None, **options: Any) -> list[Level]:
    model_signature = model_signature or signature()
    tensors = {
        model_signature.inputs[0].name: np.zeros((2, 3), np.float32) if array is None else array
    }
    chosen = {"concurrency": (2, 4), "request_format": "binary", "response_bytes": 100, **options}
    return list(
        levels(tensors, model_signature, lambda body, kind: Exchange(1, len(body), 0), **chosen)
    )


def test_concurrency_is_the_number_of_clients() -> None:
    """Each request waits until all three are in flight, which needs three clients."""
    together = threading.Barrier(3, timeout=10)

    def ask() -> Exchange:
        together.wait()
        return Exchange(1.5, 10, 20)

    found = run_level(level(ask), 0)
    assert (found.requests, found.concurrency, found.p99_ms) == (3, 3, 1.5)
    assert (found.request_bytes, found.response_bytes) == (10, 20)


def test_clients_send_requests_until_the_time_is_up() -> None:
    def ask() -> Exchange:
        time.sleep(0.002)  # the endpoint's time
        return Exchange(2, 1, 1)

    start = time.perf_counter()
    found = run_level(level(ask, concurrency=1), 0.2)
    assert 0.2 <= time.perf_counter() - start < 5
    assert found.requests > 1
    assert found.items_per_second == pytest.approx(2 * found.requests_per_second, abs=0.2)


def test_error_ends_the_level_and_reports_the_number_of_requests() -> None:
    turns = iter(range(100))

    def ask() -> Exchange:
        if next(turns) == 5:
            raise ValueError("refused")
        return Exchange(1, 1, 1)

    with pytest.raises(
        LevelFailed,
        match=r"With 1 concurrent client \(binary\), a request failed after 5 had",
    ) as error:
        run_level(level(ask, concurrency=1), 60)
    assert str(error.value.__cause__) == "refused"


def test_one_clients_error_ends_them_all() -> None:
    first = threading.Event()

    def ask() -> Exchange:
        if not first.is_set():
            first.set()
            raise ValueError("refused")
        return Exchange(1, 1, 1)

    start = time.perf_counter()
    with pytest.raises(LevelFailed, match="With 3 concurrent clients"):
        run_level(level(ask), 60)
    assert time.perf_counter() - start < 30


def test_percentiles_are_of_all_requests() -> None:
    done = [Exchange(float(each), 5, 7) for each in range(100, 0, -1)]
    found = point(level(None, items=4), done, seconds=2)
    assert (found.p50_ms, found.p90_ms, found.p95_ms, found.p99_ms) == (50, 90, 95, 99)
    assert (found.requests, found.requests_per_second, found.items_per_second) == (100, 50, 200)


def test_each_level_uses_the_format_and_one_the_other_format() -> None:
    found = load_levels()
    assert [(each.concurrency, each.request_format) for each in found] == [
        (2, "binary"),
        (4, "binary"),
        (2, "json"),
    ]
    assert {each.items for each in found} == {2}
    found = load_levels(request_format="json")
    assert [each.request_format for each in found] == ["json", "json", "binary"]
    assert found[0].send().request_bytes != found[2].send().request_bytes


def test_model_without_a_batch_answers_one_item() -> None:
    assert load_levels(signature(max_batch_size=0))[0].items == 1


@pytest.mark.parametrize(
    "options",
    [
        {
            "model_signature": signature((tensor("x", 3, dtype=Dtype.FP16),)),
            "array": np.zeros((1, 3), "f2"),
        },
        {"model_signature": signature(outputs=(tensor("y", 3, dtype=Dtype.FP16),))},
        {"response_bytes": INVOCATION_BYTES.value // 6 + 1},
        {"array": np.random.default_rng(0).standard_normal((1, 400_000), np.float32)},
    ],
    ids=["FP16 in", "FP16 out", "large answer", "large request"],
)
def test_what_cannot_go_as_json_is_not_compared(options: dict[str, Any]) -> None:
    assert [each.request_format for each in load_levels(**options)] == ["binary", "binary"]


def test_bodies_are_built_once() -> None:
    bodies: list[tuple[int, str]] = []

    def ask(body: bytes, content_type: str) -> Exchange:
        bodies.append((id(body), content_type))
        return Exchange(1, 1, 1)

    tensors: Tensors = {"INPUT__0": np.zeros((1, 3), np.float32)}
    *_, last = levels(
        tensors, signature(), ask, concurrency=(1,), request_format="json", response_bytes=1
    )
    first, *_ = levels(
        tensors, signature(), ask, concurrency=(1,), request_format="json", response_bytes=1
    )
    first.send()
    first.send()
    last.send()
    assert bodies[0] == bodies[1]
    assert bodies[0][1] == JSON != bodies[2][1]
