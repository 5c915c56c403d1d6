from __future__ import annotations

import json

import numpy as np
import pytest
from tritonclient.utils import serialize_byte_tensor

from model_client.ranking import RankedClass, ranked_class, ranked_items
from model_client.request import BINARY
from model_client.response import Response, parse_response
from tests.unit.functions.samples import signature


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (b"0.395000:282:tiger cat", RankedClass(282, "tiger cat", 0.395)),
        (b"-1.5:0", RankedClass(0, None, -1.5)),
        (b"1.0:7:", RankedClass(7, "", 1.0)),
        (b"1e-05:3:a:b: c", RankedClass(3, "a:b: c", 1e-5)),
        ("2:1:Löwe".encode(), RankedClass(1, "Löwe", 2)),
    ],
)
def test_row_is_score_index_and_perhaps_a_label(row: bytes, wanted: RankedClass) -> None:
    assert ranked_class(row) == wanted


def answered(shape: list[int], *rows: str) -> Response:
    """Return a binary response, in which the rows with their lengths follow the JSON header."""
    rows_as_bytes = np.array([row.encode() for row in rows], np.object_)
    data: bytes = serialize_byte_tensor(rows_as_bytes).item()
    output = {
        "name": signature().outputs[0].name,
        "datatype": "BYTES",
        "shape": shape,
        "parameters": {"binary_data_size": len(data)},
    }
    header = json.dumps({"model_name": "resnet", "outputs": [output]}).encode()
    result = parse_response(header + data, f"{BINARY}{len(header)}")
    return Response(result, 1.0, 0, len(header) + len(data))


def test_items_are_kept_apart_where_a_model_has_few_classes() -> None:
    answer = answered([2, 2], "0.9:1:dog", "0.1:0:cat", "0.8:0:cat", "0.2:1:dog")
    assert [[each.label for each in item] for item in ranked_items(answer, signature())] == [
        ["dog", "cat"],
        ["cat", "dog"],
    ]


def test_without_a_batch_dimension_there_is_one_item() -> None:
    items = ranked_items(answered([2], "2:1", "1:0"), signature(max_batch_size=0))
    assert items == [[RankedClass(1, None, 2), RankedClass(0, None, 1)]]
