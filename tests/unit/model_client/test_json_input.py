"""Tensors in JSON, as users write them."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest

from model_client.errors import InvalidTensor
from model_client.json_input import read_json
from model_client.sample_file import File
from model_client.tensors import input_of
from model_packager.spec.smoke_test_spec import SmokeTest
from tests.unit.functions.samples import signature, tensor


def file(text: str) -> File:
    return File("input.json", text.encode())


def test_arrays_by_name() -> None:
    found = read_json(file('{"x": [[1, 2], [3, 4.5]], "flag": [true]}'))
    np.testing.assert_array_equal(found["x"], [[1, 2], [3, 4.5]])
    assert found["flag"].dtype == np.bool_


def test_tritons_own_request() -> None:
    text = '{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]}'
    np.testing.assert_array_equal(read_json(file(text))["x"], [[1, 2]])


def test_an_input_may_be_called_inputs() -> None:
    np.testing.assert_array_equal(read_json(file('{"inputs": [1, 2]}'))["inputs"], [1, 2])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2]",
        '{"x": ["a", 1]}',
        '{"x": [["a"], ["b", "c"]]}',
        '{"x": [{"a": 1}]}',
        '{"x": ["\\ud800"]}',
        '{"x": [[1], [1, 2]]}',
        '{"x": null}',
        '{"inputs": [{"name": "x"}]}',
        '{"inputs": [{"name": 5, "shape": [1], "data": [1]}]}',
        '{"inputs": [{"name": null, "shape": [1], "data": [1]}]}',
        '{"inputs": [{"name": "x", "shape": [3], "data": [1]}]}',
        "\x80",
    ],
)
def test_other_content_is_rejected_with_the_accepted_forms(text: str) -> None:
    with pytest.raises(InvalidTensor) as caught:
        read_json(file(text))
    assert "input.json cannot be read as tensors in JSON" in caught.value.cause
    assert '{"inputs": [{"name"' in caught.value.fix


def test_text() -> None:
    found = read_json(file('{"x": [["grüße", "a\\u0000"]], "empty": [""]}'))
    assert found["x"].tolist() == [["grüße".encode(), b"a\0"]]
    assert found["empty"].tolist() == [b""]


def test_text_in_tritons_own_request() -> None:
    text = '{"inputs": [{"name": "x", "shape": [2, 1], "datatype": "BYTES", "data": ["a", "b"]}]}'
    assert read_json(file(text))["x"].tolist() == [[b"a"], [b"b"]]


def test_one_long_text_does_not_lengthen_the_others() -> None:
    text = json.dumps({"x": ["y" * 500_000, *["z"] * 50_000]})
    tracemalloc.start()
    read_json(file(text))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


def test_they_are_fitted_to_the_model() -> None:
    model_signature = signature((tensor("x", 2),))
    found = input_of(file('{"x": [1, 2]}'), model_signature, SmokeTest()).tensors["x"]
    assert (found.dtype.name, found.shape) == ("float32", (1, 2))
    with pytest.raises(InvalidTensor, match="the model takes FP32"):
        input_of(file('{"x": [1, 2, 3]}'), model_signature, SmokeTest())
