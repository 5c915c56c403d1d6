"""The best classes of a classifier, with their labels, as Triton itself ranks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_client.request import request
from smoke_test.invocation import invoke
from workflow.contracts import Ranking

if TYPE_CHECKING:
    from model_client.tensors import Tensors
    from model_packager.signature import Signature

CLASSES = 5


def rank(endpoint: str, tensors: Tensors, signature: Signature) -> list[Ranking]:
    """Ask for the best classes of the first item and the first output.

    Triton answers strings `score:index` or `score:index:label` (classification extension of the
    HTTP/REST API, triton-inference-server/server docs/protocol/extension_classification.md).
    """
    body, content_type = request(tensors, signature, binary=True, classes=CLASSES)
    answer = invoke(endpoint, body, content_type)
    found = answer.array(signature.outputs[0].name)
    return [] if found is None else [ranking(row) for row in found.reshape(-1)[:CLASSES].tolist()]


def ranking(row: bytes) -> Ranking:
    """Read `score:index` or `score:index:label`; a label may hold colons itself."""
    score, index, *label = row.decode().split(":", 2)
    return Ranking(index=int(index), label=label[0] if label else None, score=float(score))
