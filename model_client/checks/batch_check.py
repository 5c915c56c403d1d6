"""Checks that a row has the same output alone, in a batch, and with concurrent clients."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING

import numpy as np

from model_client.checks.answer_check import check_form
from model_client.checks.closeness import BATCHED, difference_text
from model_client.errors import InvalidResponse
from model_client.text import encoded_bytes
from model_packager.aws_limits import INVOCATION_BYTES, INVOCATION_SECONDS
from model_packager.error_message import Remedy
from model_packager.rejection import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_client.arrays import Tensors
    from model_client.checks.answer import Answer
    from model_client.checks.closeness import Array
    from model_packager.signature import Signature

    Send = Callable[[Tensors], Answer]

ITEMS = 8
"""The number of rows in the larger batch, if the model accepts that many."""

CLIENTS = 4
"""The number of concurrent requests."""

TIME_LIMIT_MS = INVOCATION_SECONDS.value * 1000 // 3
"""The maximum time of a batch, or of all clients one after the other."""

_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True)
class Batch:
    """Other rows followed by the sample's rows.

    Attributes:
        tensors: the tensors by input name; the batch is the first dimension.
        items: the number of rows.
        rows: the number of the sample's rows at the end.
    """

    tensors: Tensors
    items: int
    rows: int

    def row(self, index: int) -> Tensors:
        """Return one row as a batch."""
        return {name: array[index : index + 1] for name, array in self.tensors.items()}

    def sample(self) -> Tensors:
        """Return the sample's rows."""
        return {name: array[self.items - self.rows :] for name, array in self.tensors.items()}


def larger_batch(
    tensors: Tensors,
    signature: Signature,
    response_bytes: int,
    milliseconds: float,
    seed: int,
    *,
    request_limit: int = INVOCATION_BYTES.value,
) -> Batch | None:
    """Return a batch with other rows; None if the endpoint does not accept a larger batch.

    If the sample alone fills the largest batch, only half of its rows are used.

    Args:
        tensors: the sample's arrays by input name, in the model's dtypes.
        signature: the signature with the maximum batch size.
        response_bytes: the size of the response to the sample.
        milliseconds: the duration of that request.
        seed: the seed for the other rows.
        request_limit: the maximum size of a request in bytes.
    """
    items = next(iter(tensors.values())).shape[0]
    request_bytes = sum(encoded_bytes(array) for array in tensors.values())
    limit = min(
        signature.max_batch_size,
        max(ITEMS, 2 * items),
        int((request_limit - _HEADER_BYTES) * items / max(request_bytes, response_bytes)),
        max(int(TIME_LIMIT_MS * items / max(milliseconds, 1)), items + 1),
    )
    if limit < 2:
        return None
    rows = items if items < limit else limit // 2
    random = np.random.default_rng(seed)
    floats = any(np.issubdtype(array.dtype, np.floating) for array in tensors.values())
    joined = {
        name: np.concatenate(
            [_other_rows(array, limit - rows, random, floats=floats), array[:rows]]
        )
        for name, array in tensors.items()
    }
    return Batch(joined, limit, rows)


def check_batch(
    send: Send,
    batch: Batch,
    signature: Signature,
    milliseconds: float,
    *,
    consistent: bool,
    max_clients: int = CLIENTS,
) -> list[str]:
    """Send the batch, then its rows from several clients, and describe the checks.

    Args:
        send: sends a request for all outputs.
        batch: the batch with the sample's rows.
        signature: the model's declared inputs and outputs.
        milliseconds: the duration of the request with only the sample.
        consistent: whether to compare the outputs; otherwise, only their shapes are checked.
        max_clients: the number of concurrent requests that the endpoint accepts.

    Raises:
        SmokeTestFailed: the batch is rejected, or a row has another output in the batch.
    """
    together = _send_together(send, batch, signature)
    if not consistent:
        return [f"a batch of {batch.items} works"]
    _check_rows(together, send(batch.sample()), batch, signature)
    checks = [f"a row gets the same output alone and in a batch of {batch.items}"]
    clients = min(CLIENTS, max_clients, int(TIME_LIMIT_MS / max(milliseconds, 1)))
    if clients > 1:
        _check_clients(send, batch, together, signature, clients)
        checks.append(f"each of {clients} concurrent clients gets its own rows")
    return checks


def _other_rows(array: Array, count: int, random: np.random.Generator, *, floats: bool) -> Array:
    """Create rows within the sample's range that differ from its rows and from each other.

    Floats are mirrored and scaled towards their minimum. This changes mean and variance, and so
    exposes a model that normalizes over the batch. Integers next to floats stay, because they may
    be lengths or masks. If all inputs are integers, the sample's values are shuffled.
    """
    repeated = array[np.arange(count) % array.shape[0]]
    if np.issubdtype(array.dtype, np.floating):
        exact = repeated.astype(np.float64)
        least, limit = array.min(), array.max()
        scale = np.arange(2, count + 2).reshape(-1, *[1] * (array.ndim - 1))
        mirrored: Array = (least + (limit - exact) / scale).astype(array.dtype)
        return mirrored
    shuffled: Array = random.choice(array.reshape(-1), repeated.shape)
    return repeated if floats else shuffled


def _send_together(send: Send, batch: Batch, signature: Signature) -> Answer:
    try:
        answer = send(batch.tensors)
        check_form(answer, signature, batch.items)
    except (SmokeTestFailed, InvalidResponse) as error:
        raise SmokeTestFailed(
            f"The model works with {batch.rows} rows but fails with a batch of {batch.items}: "
            f"{error.cause}",
            f"Set max_batch_size: {batch.rows} in deploy.yaml (the export fixed the batch size), "
            "or export the model with a variable batch size; then upload it again.",
            remedy=Remedy.CORRECT_SPEC,
        ) from error
    return answer


def _check_rows(together: Answer, alone: Answer, batch: Batch, signature: Signature) -> None:
    for tensor in signature.outputs:
        actual = together.output(tensor.name)[-batch.rows :]
        differs = difference_text(actual, alone.output(tensor.name), BATCHED)
        if differs:
            raise SmokeTestFailed(
                f"The model mixes the rows of a batch: in a batch of {batch.items}, the sample's "
                f"output {tensor.name} is not the same as alone ({differs}).",
                "Call model.eval() before the export: BatchNorm in training mode is the usual "
                "cause. If the rows of a request belong together, set max_batch_size: 1 (or 0, "
                "with all dimensions in dims) in deploy.yaml. If the outputs may differ, set "
                "smoke_test.batch_consistency: false.",
                remedy=Remedy.RUN_MODEL,
            )


def _check_clients(
    send: Send, batch: Batch, together: Answer, signature: Signature, clients: int
) -> None:
    rows = list(islice(cycle(range(batch.items)), 2 * clients))
    with ThreadPoolExecutor(clients) as pool:
        answers = list(pool.map(lambda row: send(batch.row(row)), rows))
    for row, answer in zip(rows, answers, strict=True):
        check_form(answer, signature, 1)
        for tensor in signature.outputs:
            expected = together.output(tensor.name)[row : row + 1]
            differs = difference_text(answer.output(tensor.name), expected, BATCHED)
            if differs:
                raise SmokeTestFailed(
                    f"Of {clients} concurrent clients, one received an output {tensor.name} that "
                    f"is not its own ({differs}).",
                    "The model or its backend mixes up the requests of a batch. In deploy.yaml, "
                    "turn off dynamic_batching, or set instance_group.count: 1. If the outputs "
                    "may differ, set smoke_test.batch_consistency: false.",
                    remedy=Remedy.CORRECT_SPEC,
                )
