"""Result files: a .npz for the rows of an input, or a .jsonl for its lines."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np

from model_client.batch.results import ROWS, arrays_file, lines_file

if TYPE_CHECKING:
    from model_client.arrays import Tensors


def loaded(content: bytes) -> dict[str, list[object]]:
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {name: file[name].tolist() for name in file.files}


def test_rows_are_joined_in_order() -> None:
    outputs = {2: {"y": np.array([[3.0]])}, 0: {"y": np.array([[1.0], [2.0]])}}
    assert loaded(arrays_file(outputs, {0: 2, 2: 1}, all_rows=True)) == {"y": [[1.0], [2.0], [3.0]]}


def test_failed_rows_are_left_out_and_the_others_named() -> None:
    outputs = {0: {"y": np.array([[1.0]])}, 4: {"y": np.array([[5.0], [6.0]])}}
    found = loaded(arrays_file(outputs, {0: 1, 1: 3, 4: 2}, all_rows=False))
    assert found == {"y": [[1.0], [5.0], [6.0]], ROWS: [0, 4, 5]}


def test_shapes_that_differ_are_kept_apart() -> None:
    outputs: dict[int, Tensors] = {0: {"y": np.ones((1, 2))}, 8: {"y": np.ones((1, 3))}}
    assert loaded(arrays_file(outputs, {0: 1, 8: 1}, all_rows=True)).keys() == {"y/0", "y/8"}


def test_text_is_saved_without_a_pickle() -> None:
    outputs: dict[int, Tensors] = {0: {"label": np.array([[b"caf\xc3\xa9"]], np.object_)}}
    assert loaded(arrays_file(outputs, {0: 1}, all_rows=True)) == {"label": [["café"]]}


def test_each_line_has_its_outputs_or_its_error() -> None:
    outputs = {3: {"y": np.array([[1.5, np.nan]], np.float16)}, 1: {"t": np.array([b"a"], object)}}
    lines = [json.loads(line) for line in lines_file(outputs, {2: "It is damaged."}).splitlines()]
    assert lines == [
        {"line": 1, "outputs": {"t": ["a"]}},
        {"line": 2, "error": "It is damaged."},
        {"line": 3, "outputs": {"y": [[1.5, None]]}},
    ]
