"""Outputs of stored responses with unknown header length."""

from __future__ import annotations

import json

import numpy as np
import pytest

from model_client.batch.responses import outputs_of
from model_client.errors import InvalidResponse
from model_packager.dtype import Dtype
from tests.unit.functions.samples import signature, tensor

TWO = signature(outputs=(tensor("label", 1, dtype=Dtype.STRING), tensor("OUTPUT__0", 2)))


def response(*, shape: tuple[int, int] = (1, 2), text: bytes = b'}{"\xff') -> bytes:
    label = len(text).to_bytes(4, "little") + text
    scores = np.arange(np.prod(shape), dtype=np.float32).tobytes()
    header = {
        "model_name": "res}net",
        "outputs": [
            {
                "name": "label",
                "datatype": "BYTES",
                "shape": [1, 1],
                "parameters": {"binary_data_size": len(label)},
            },
            {
                "name": "OUTPUT__0",
                "datatype": "FP32",
                "shape": list(shape),
                "parameters": {"binary_data_size": len(scores)},
            },
        ],
    }
    return json.dumps(header).encode() + label + scores


def test_header_ends_where_its_document_ends() -> None:
    outputs = outputs_of(response(), TWO)
    assert outputs["label"].tolist() == [[b'}{"\xff']]
    assert outputs["OUTPUT__0"].tolist() == [[0, 1]]


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b'{"outputs": 1}', response()[:-1], response() + b"x", b"{" * 10_000],
    ids=["empty", "text", "list", "no list", "short", "long", "nested"],
)
def test_what_is_no_whole_response_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidResponse, match="is not in Triton's binary format"):
        outputs_of(body, TWO)


def test_missing_output_is_refused() -> None:
    with pytest.raises(InvalidResponse, match="no output other"):
        outputs_of(response(), signature(outputs=(tensor("other", 2),)))
