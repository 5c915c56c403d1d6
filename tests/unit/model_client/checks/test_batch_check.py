"""The models in these tests are NumPy functions that respond like Triton."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model_client.checks.batch_check import CLIENTS, TIME_LIMIT_MS, Batch, check_batch, larger_batch
from model_client.response import Response
from model_packager.aws_limits import INVOCATION_BYTES
from model_packager.dtype import Dtype
from model_packager.rejection import SmokeTestFailed
from tests.unit.functions.samples import signature, tensor
from tests.unit.functions.triton_responses import answer

Array = NDArray[Any]

MODEL = signature(inputs=(tensor("x", 3),), outputs=(tensor("y", 3),))
ROWS: Array = np.array([[1, 2, 3], [0, -1, 0.5]], np.float32)
OWN = ["a row gets the same output alone and in a batch of 8"]


def batch_of(
    tensors: dict[str, Array],
    max_batch_size: int = 8,
    response_bytes: int = 100,
    milliseconds: float = 10,
) -> Batch | None:
    model = MODEL.model_copy(update={"max_batch_size": max_batch_size})
    return larger_batch(tensors, model, response_bytes, milliseconds, seed=0)


def sizes(batch: Batch | None) -> tuple[int, int] | None:
    return None if batch is None else (batch.items, batch.rows)


@pytest.mark.parametrize(
    ("items", "max_batch_size", "expected"),
    [
        (1, 1, None),
        (1, 2, (2, 1)),
        (1, 5, (5, 1)),
        (1, 64, (8, 1)),
        (2, 2, (2, 1)),
        (2, 8, (8, 2)),
        (8, 8, (8, 4)),
        (8, 12, (12, 8)),
        (9, 64, (18, 9)),
    ],
)
def test_size_fits_the_model(
    items: int, max_batch_size: int, expected: tuple[int, int] | None
) -> None:
    assert sizes(batch_of({"x": np.ones((items, 3), np.float32)}, max_batch_size)) == expected


@pytest.mark.parametrize("of_request", [True, False])
@pytest.mark.parametrize(("share", "expected"), [(0.6, None), (0.3, (3, 1)), (0.01, (8, 1))])
def test_size_fits_sagemakers_limit(
    share: float, expected: tuple[int, int] | None, of_request: bool
) -> None:
    size = int(INVOCATION_BYTES.value * share)
    x = np.ones((1, size if of_request else 1), np.int8)
    assert sizes(batch_of({"x": x}, response_bytes=1 if of_request else size)) == expected


def test_slow_model_gets_a_smaller_batch() -> None:
    assert sizes(batch_of({"x": ROWS[:1]}, milliseconds=TIME_LIMIT_MS / 4)) == (4, 1)
    assert sizes(batch_of({"x": ROWS[:1]}, milliseconds=TIME_LIMIT_MS * 2)) == (2, 1)


def test_sample_is_at_the_end() -> None:
    batch = batch_of({"x": ROWS, "ids": np.array([[1, 2], [3, 4]])})
    assert batch is not None
    np.testing.assert_array_equal(batch.sample()["x"], ROWS)
    np.testing.assert_array_equal(batch.sample()["ids"], [[1, 2], [3, 4]])
    np.testing.assert_array_equal(batch.row(6)["x"], ROWS[:1])


def test_other_rows_differ_and_stay_in_range() -> None:
    batch = batch_of({"x": ROWS[:1]})
    assert batch is not None
    x = batch.tensors["x"]
    assert x.dtype == np.float32
    assert len(np.unique(x, axis=0)) == 8
    assert (x.min(), x.max()) == (1, 3)
    assert np.all(np.abs(x[:-1].mean(1) - x[-1].mean()) > 0.1)


def test_integers_are_kept_next_to_floats() -> None:
    """Integers may be lengths, masks or offsets, for which other values may be invalid."""
    batch = batch_of({"x": ROWS, "length": np.array([[3], [2]])})
    assert batch is not None
    np.testing.assert_array_equal(batch.tensors["length"].reshape(-1), [3, 2] * 4)


def test_integers_alone_are_shuffled() -> None:
    ids = np.arange(100, 132).reshape(1, 32)
    batch = batch_of({"ids": ids})
    assert batch is not None
    assert set(batch.tensors["ids"].reshape(-1)) <= set(range(100, 132))
    assert len(np.unique(batch.tensors["ids"], axis=0)) == 8


class Model:
    """Responds with a function of the input, and records batch sizes and threads."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.batch_sizes: list[int] = []
        self.threads: set[int] = set()

    def __call__(self, tensors: dict[str, Array]) -> Response:
        self.batch_sizes.append(len(tensors["x"]))
        self.threads.add(threading.get_ident())
        return answer(y=self.function(tensors["x"]))


def checked(
    function: Any, *, consistent: bool = True, milliseconds: float = 10, rows: Array = ROWS
) -> tuple[list[str], Model]:
    model, batch = Model(function), batch_of({"x": rows})
    assert batch is not None
    return check_batch(model, batch, MODEL, milliseconds, consistent=consistent), model


def failure(function: Any, **options: Any) -> SmokeTestFailed:
    with pytest.raises(SmokeTestFailed) as caught:
        checked(function, **options)
    return caught.value


def softmax_over_rows(x: Array) -> Array:
    powers = np.exp(x)
    whole: Array = powers / powers.sum(0)
    return whole


def normalized(x: Array) -> Array:
    whole: Array = ((x - x.mean()) / x.std()).astype(np.float32)
    return whole


def first_row_for_all(x: Array) -> Array:
    return np.broadcast_to(x[:1], x.shape)


def reversed_in_batches(x: Array) -> Array:
    return x[::-1]


def test_independent_rows_pass() -> None:
    checks, model = checked(lambda x: x * 2)
    assert checks == [*OWN, f"each of {CLIENTS} concurrent clients gets its own rows"]
    assert model.batch_sizes == [8, 2] + [1] * 8
    assert len(model.threads) > 1


def test_last_bits_may_differ_in_a_batch() -> None:
    assert checked(lambda x: x * np.float32(1 + 1e-4 * len(x)))


@pytest.mark.parametrize(
    "function", [softmax_over_rows, normalized, first_row_for_all, reversed_in_batches]
)
@pytest.mark.parametrize("rows", [ROWS, ROWS[:1]])
def test_mixed_rows_fail(function: Any, rows: Array) -> None:
    error = failure(function, rows=rows)
    assert error.cause.startswith(
        "The model mixes the rows of a batch: in a batch of 8, the sample's"
    )
    assert "output y" in error.cause
    for word in ("model.eval()", "max_batch_size: 1", "smoke_test.batch_consistency: false"):
        assert word in error.fix


def test_mixed_rows_pass_if_allowed() -> None:
    checks, model = checked(normalized, consistent=False)
    assert checks == ["a batch of 8 works"]
    assert model.batch_sizes == [8]


@pytest.mark.parametrize("consistent", [True, False])
def test_fixed_batch_size_always_fails(consistent: bool) -> None:
    error = failure(lambda x: x[:2], consistent=consistent)
    assert error.cause.startswith("The model works with 2 rows but fails with a batch of 8: For")
    assert "max_batch_size: 2" in error.fix


def test_nan_in_the_other_rows_is_ignored() -> None:
    """Another check covers the sample's rows. The other rows are arbitrary."""
    assert checked(lambda x: np.sqrt(x - 1), rows=np.array([[1, 2, 5]], np.float32))


def test_clients_with_swapped_rows_fail() -> None:
    lock = threading.Lock()
    last = [ROWS[:1]]

    def one_behind(x: Array) -> Array:
        if len(x) > 1:
            return x
        with lock:
            previous, last[0] = last[0], x
        return previous

    error = failure(one_behind)
    assert error.cause.startswith(f"Of {CLIENTS} concurrent clients, one received an output y")
    assert "dynamic_batching" in error.fix


@pytest.mark.parametrize(("share", "clients"), [(1, 0), (0.5, 2), (0.3, 3)])
def test_slow_model_has_fewer_clients(share: float, clients: int) -> None:
    checks, model = checked(lambda x: x, milliseconds=TIME_LIMIT_MS * share)
    assert checks == OWN + [f"each of {clients} concurrent clients gets its own rows"] * bool(
        clients
    )
    assert model.batch_sizes == [8, 2] + [1] * 2 * clients


def test_class_decided_by_the_last_bit() -> None:
    whole = MODEL.model_copy(update={"outputs": (tensor("y", 200, dtype=Dtype.INT64),)})
    batch = batch_of({"x": ROWS[:1]})
    assert batch is not None

    def mask(flips: int) -> Any:
        def send(tensors: dict[str, Array]) -> Response:
            items = len(tensors["x"])
            classes = np.ones((items, 200), np.int64)
            classes[:, : flips if items > 1 else 0] = 0
            return answer(y=classes)

        return send

    assert check_batch(mask(2), batch, whole, 10, consistent=True)
    with pytest.raises(SmokeTestFailed, match="mixes the rows"):
        check_batch(mask(3), batch, whole, 10, consistent=True)


def test_text_counts_with_its_length() -> None:
    text = np.array([[b"x" * int(INVOCATION_BYTES.value * 0.3)]], np.object_)
    batch = batch_of({"text": text})
    assert sizes(batch) == (3, 1)
    assert batch is not None
    assert batch.tensors["text"].tolist() == [text[0].tolist()] * 3
