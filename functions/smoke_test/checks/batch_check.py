"""Whether a row gets the same answer alone, beside other rows, and beside other clients."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING

import numpy as np

from model_client.request import BODY_LIMIT_BYTES
from smoke_test.checks.answer_check import check_form
from smoke_test.checks.closeness import BATCHED, unlike
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_client.answer import Answer
    from model_client.tensors import Tensors
    from model_packager.signature import Signature
    from smoke_test.checks.closeness import Array

    Ask = Callable[[Tensors], Answer]

ITEMS = 8
"""As many rows are sent at once as a rule, where the model takes them."""

CLIENTS = 4
"""As many requests are sent at the same time."""

PATIENCE_MS = 20_000
"""A batch, or all clients together, may take so long one after the other: SageMaker waits 60 s."""

_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True)
class Batch:
    """The rows of the sample at the end, and others before them.

    Attributes:
        tensors: by input name, the batch first.
        items: rows of the batch.
        rows: how many of them are the sample's.
    """

    tensors: Tensors
    items: int
    rows: int

    def row(self, index: int) -> Tensors:
        """Give one row, as a batch of its own."""
        return {name: array[index : index + 1] for name, array in self.tensors.items()}

    def sample(self) -> Tensors:
        """Give the rows that are the sample's."""
        return {name: array[self.items - self.rows :] for name, array in self.tensors.items()}


def larger_batch(
    tensors: Tensors, signature: Signature, response_bytes: int, milliseconds: float, seed: int
) -> Batch | None:
    """Put other rows before the sample's; None where that is more than the endpoint takes.

    A sample that fills the largest batch by itself leaves half of its rows out.

    Args:
        tensors: the sample, by input name, in the model's dtypes.
        signature: names the largest batch.
        response_bytes: of the answer to the sample.
        milliseconds: which that took.
        seed: of the other rows.
    """
    items = next(iter(tensors.values())).shape[0]
    request_bytes = sum(array.nbytes for array in tensors.values())
    most = min(
        signature.max_batch_size,
        max(ITEMS, 2 * items),
        int((BODY_LIMIT_BYTES - _HEADER_BYTES) * items / max(request_bytes, response_bytes)),
        max(int(PATIENCE_MS * items / max(milliseconds, 1)), items + 1),
    )
    if most < 2:
        return None
    rows = items if items < most else most // 2
    random = np.random.default_rng(seed)
    floats = any(np.issubdtype(array.dtype, np.floating) for array in tensors.values())
    joined = {
        name: np.concatenate([_others(array, most - rows, random, floats=floats), array[:rows]])
        for name, array in tensors.items()
    }
    return Batch(joined, most, rows)


def check_batch(
    ask: Ask, batch: Batch, signature: Signature, milliseconds: float, *, consistent: bool
) -> list[str]:
    """Ask for the batch, then for its rows by several clients; say in words what was checked.

    Args:
        ask: sends a request for all outputs.
        batch: the sample's rows beside others.
        signature: what the model promises.
        milliseconds: which the sample alone took.
        consistent: compare the answers; else the batch has only to be answered in its own shape.

    Raises:
        SmokeTestFailed: the batch is refused, or a row gets another answer in it.
    """
    together = _ask_together(ask, batch, signature)
    if not consistent:
        return [f"a batch of {batch.items} is answered"]
    _check_rows(together, ask(batch.sample()), batch, signature)
    checks = [f"a row gets the same answer alone and in a batch of {batch.items}"]
    clients = min(CLIENTS, int(PATIENCE_MS / max(milliseconds, 1)))
    if clients > 1:
        _check_clients(ask, batch, together, signature, clients)
        checks.append(f"each of {clients} clients at a time gets its own rows")
    return checks


def _others(array: Array, count: int, random: np.random.Generator, *, floats: bool) -> Array:
    """Make rows that differ from the sample's, and from each other, within the sample's own range.

    Floats are mirrored and drawn nearer to their least, so that mean and variance change: a model
    that normalises over the batch shows it. Whole numbers stay as they are beside floats, since
    they may be lengths or masks; where all inputs are whole numbers, the sample's are dealt anew.
    """
    chosen = array[np.arange(count) % array.shape[0]]
    if np.issubdtype(array.dtype, np.floating):
        wide = chosen.astype(np.float64)
        least, most = array.min(), array.max()
        nearer = np.arange(2, count + 2).reshape(-1, *[1] * (array.ndim - 1))
        mirrored: Array = (least + (most - wide) / nearer).astype(array.dtype)
        return mirrored
    dealt: Array = random.choice(array.reshape(-1), chosen.shape)
    return chosen if floats else dealt


def _ask_together(ask: Ask, batch: Batch, signature: Signature) -> Answer:
    try:
        answer = ask(batch.tensors)
        check_form(answer, signature, batch.items)
    except SmokeTestFailed as error:
        raise SmokeTestFailed(
            f"The model answers {batch.rows} at a time and fails on a batch of {batch.items}: "
            f"{error.cause}",
            f"Write max_batch_size: {batch.rows} in deploy.yaml (the batch size is baked into the "
            "model), or export the model so that its batch size can vary; then drop it again.",
        ) from error
    return answer


def _check_rows(together: Answer, alone: Answer, batch: Batch, signature: Signature) -> None:
    for tensor in signature.outputs:
        found = together.output(tensor.name)[-batch.rows :]
        differs = unlike(found, alone.output(tensor.name), BATCHED)
        if differs:
            raise SmokeTestFailed(
                f"The model mixes the rows of a batch: beside other rows, in a batch of "
                f"{batch.items}, the sample gets another output {tensor.name} than alone "
                f"({differs}).",
                "Call model.eval() before the export: BatchNorm in training mode is the usual "
                "cause. If the rows of a request belong together, write max_batch_size: 1 (or 0, "
                "with dims whole) in deploy.yaml; if the answers may differ, write "
                "smoke_test.batch_consistency: false.",
            )


def _check_clients(
    ask: Ask, batch: Batch, together: Answer, signature: Signature, clients: int
) -> None:
    rows = list(islice(cycle(range(batch.items)), 2 * clients))
    with ThreadPoolExecutor(clients) as pool:
        answers = list(pool.map(lambda row: ask(batch.row(row)), rows))
    for row, answer in zip(rows, answers, strict=True):
        check_form(answer, signature, 1)
        for tensor in signature.outputs:
            wanted = together.output(tensor.name)[row : row + 1]
            differs = unlike(answer.output(tensor.name), wanted, BATCHED)
            if differs:
                raise SmokeTestFailed(
                    f"Of {clients} clients that asked at the same time, one got another output "
                    f"{tensor.name} than its own ({differs}).",
                    "Turn dynamic_batching off in deploy.yaml, or take one copy of the model "
                    "(instance_group.count: 1); the model, or its backend, mixes up the requests "
                    "of a batch. If the answers may differ, write smoke_test.batch_consistency: "
                    "false.",
                )
