"""The top classes of a classifier with their labels, as Triton ranks them.

Triton returns strings `score:index` or `score:index:label` (classification extension of the
HTTP/REST API, triton-inference-server/server docs/protocol/extension_classification.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_client.errors import InvalidResponse
from model_packager.rejection import refusal

if TYPE_CHECKING:
    from model_client.response import Response
    from model_packager.signature import Signature


@dataclass(frozen=True)
class RankedClass:
    """One class. `label` is None if the model has no labels."""

    index: int
    label: str | None
    score: float


def ranked_items(answer: Response, signature: Signature) -> list[list[RankedClass]]:
    """Read the first output of each item, best class first.

    Args:
        answer: the response to a request with `classes`.
        signature: the model's signature; without a batch dimension, the response is one item.
    """
    found = answer.array(signature.outputs[0].name)
    if found is None:
        return []
    with refusal(_unreadable):
        items = found.reshape(len(found) if signature.max_batch_size else 1, -1)
        return [[ranked_class(row) for row in item.tolist()] for item in items]


def _unreadable(reason: str) -> InvalidResponse:
    return InvalidResponse(
        f"The response has no ranked classes: {reason}.",
        "See the container's log; the backend may have failed.",
    )


def ranked_class(row: bytes) -> RankedClass:
    """Read `score:index` or `score:index:label`. A label may contain colons."""
    score, index, *label = row.decode().split(":", 2)
    return RankedClass(int(index), label[0] if label else None, float(score))
