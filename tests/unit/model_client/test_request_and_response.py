from __future__ import annotations

import contextlib
import json
import re
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from model_client.errors import InvalidResponse
from model_client.request import BINARY, JSON, request
from model_client.response import Response, parse_response
from model_packager.dtype import Dtype
from tests.unit.functions.samples import signature, tensor
from tests.unit.functions.triton_responses import binary_answer, floats, json_answer

TWO_TO_TWO = signature(
    inputs=(tensor("ids", 4, dtype=Dtype.INT64), tensor("mask", 4, dtype=Dtype.BOOL)),
    outputs=(tensor("scores", 2), tensor("boxes", 2, 4)),
)
IDS = np.arange(4, dtype=np.int64).reshape(1, 4)
MASK = np.array([[True, False, True, True]])
ARRAYS: dict[str, NDArray[Any]] = {"mask": MASK, "ids": IDS}

OF_DTYPE = {
    Dtype.BOOL: np.array([[True, False]]),
    Dtype.UINT8: np.array([[0, 255]], np.uint8),
    Dtype.INT8: np.array([[-128, 127]], np.int8),
    Dtype.INT16: np.array([[-(2**15), 1]], np.int16),
    Dtype.INT32: np.array([[-(2**31), 1]], np.int32),
    Dtype.INT64: np.array([[-(2**63), 1]], np.int64),
    Dtype.FP16: np.array([[0.5, -65504]], np.float16),
    Dtype.FP32: np.array([[1e-30, -2.5]], np.float32),
    Dtype.FP64: np.array([[1e-300, -2.5]], np.float64),
    Dtype.STRING: np.array([["grüße".encode(), b""]], np.object_),
}


def header_of(body: bytes, content_type: str) -> tuple[dict[str, Any], bytes]:
    match = re.fullmatch(re.escape(BINARY) + r"(\d+)", content_type)
    assert match
    size = int(match[1])
    return json.loads(body[:size]), body[size:]


def test_binary_request_contains_the_arrays_in_the_order_of_the_signature() -> None:
    header, raw = header_of(*request(ARRAYS, TWO_TO_TWO, binary=True))
    assert header["inputs"] == [
        {
            "name": "ids",
            "shape": [1, 4],
            "datatype": "INT64",
            "parameters": {"binary_data_size": 32},
        },
        {
            "name": "mask",
            "shape": [1, 4],
            "datatype": "BOOL",
            "parameters": {"binary_data_size": 4},
        },
    ]
    assert raw == IDS.tobytes() + MASK.tobytes()


def test_binary_request_asks_for_all_outputs_in_binary() -> None:
    header, _ = header_of(*request(ARRAYS, TWO_TO_TWO, binary=True))
    assert header["outputs"] == [
        {"name": "scores", "parameters": {"binary_data": True}},
        {"name": "boxes", "parameters": {"binary_data": True}},
    ]


def test_classes_are_requested() -> None:
    header, _ = header_of(*request(ARRAYS, TWO_TO_TWO, binary=True, classes=5))
    assert header["outputs"][0]["parameters"] == {"classification": 5, "binary_data": True}


def test_json_request_is_json_throughout() -> None:
    body, content_type = request(ARRAYS, TWO_TO_TWO, binary=False)
    header = json.loads(body)
    assert content_type == JSON
    assert header["inputs"][0] == {
        "name": "ids",
        "shape": [1, 4],
        "datatype": "INT64",
        "data": [0, 1, 2, 3],
    }
    assert header["inputs"][1]["data"] == [True, False, True, True]
    assert [each["parameters"]["binary_data"] for each in header["outputs"]] == [False, False]


@pytest.mark.parametrize("dtype", Dtype)
@pytest.mark.parametrize("binary", [True, False])
def test_every_dtype_survives_a_round_trip(dtype: Dtype, binary: bool) -> None:
    array = OF_DTYPE[dtype]
    one = signature((tensor("x", 2, dtype=dtype),), (tensor("y", 2, dtype=dtype),))
    body, _ = request({"x": array}, one, binary=binary)
    assert body
    content, content_type = (binary_answer if binary else json_answer)(y=array)
    found = Response(parse_response(content, content_type), 0, 0, 0).array("y")
    assert found is not None
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("encode", [binary_answer, json_answer])
def test_response_describes_its_outputs(encode: Any) -> None:
    content, content_type = encode(scores=floats(1, 2), boxes=floats(1, 2, 4))
    found = Response(parse_response(content, content_type), 0, 0, 0)
    assert [(each["name"], each["shape"]) for each in found.outputs()] == [
        ("scores", [1, 2]),
        ("boxes", [1, 2, 4]),
    ]
    np.testing.assert_array_equal(found.array("boxes"), floats(1, 2, 4))
    assert found.array("others") is None


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", JSON),
        (b"<html>", JSON),
        (b"[]", JSON),
        (b"null", JSON),
        (b'{"error": "x"}', JSON),
        (b'{"outputs": null}', JSON),
        (b'{"outputs": [1]}', JSON),
        (b'{"outputs": [{"name": "y"}]}', JSON),
        (b"\xff\xfe", JSON),
        (b'{"outputs": []}', BINARY + "many"),
        (b'{"outputs": []}', BINARY + "3"),
        (b'{"no": 1}', BINARY + "9"),
        (b"[]", BINARY + "2"),
    ],
)
def test_content_that_is_not_a_triton_response_is_rejected(
    content: bytes, content_type: str
) -> None:
    with pytest.raises(InvalidResponse, match="not in Triton's format") as caught:
        parse_response(content, content_type)
    assert content_type in caught.value.cause


@given(st.binary(max_size=200), st.sampled_from([JSON, BINARY, BINARY + "20", ""]))
def test_any_bytes_are_an_answer_or_a_failed_test(content: bytes, content_type: str) -> None:
    with contextlib.suppress(InvalidResponse):
        parse_response(content, content_type)


@pytest.mark.parametrize("cut", [1, 8])
def test_output_cut_short_fails(cut: int) -> None:
    content, content_type = binary_answer(y=floats(1, 2))
    found = Response(parse_response(content[:-cut], content_type), 0, 0, 0)
    with pytest.raises(InvalidResponse, match="data of the output y does not match"):
        found.array("y")


def test_output_of_no_bytes_fails() -> None:
    """Triton's Python backend returned such responses with NumPy 2."""
    header = json.dumps(
        {
            "outputs": [
                {
                    "name": "y",
                    "datatype": "FP32",
                    "shape": [1, 1000],
                    "parameters": {"binary_data_size": 0},
                }
            ]
        }
    ).encode()
    found = Response(parse_response(header, f"{BINARY}{len(header)}"), 0, 0, 0)
    with pytest.raises(InvalidResponse, match="does not match"):
        found.array("y")


def test_output_without_data_fails() -> None:
    content = b'{"outputs": [{"name": "y", "datatype": "FP32", "shape": [1]}]}'
    with pytest.raises(InvalidResponse, match="does not match"):
        Response(parse_response(content, JSON), 0, 0, 0).array("y")


def test_output_that_is_not_there_fails() -> None:
    content, content_type = binary_answer(y=floats(1, 2))
    found = Response(parse_response(content, content_type), 0, 0, 0)
    np.testing.assert_array_equal(found.output("y"), floats(1, 2))
    with pytest.raises(InvalidResponse, match="no output z"):
        found.output("z")


def test_picture_request_is_small_and_copied_twice() -> None:
    """tritonclient copies the array's bytes, and joins them with the header.

    There is no third copy.
    """
    picture = signature((tensor("INPUT__0", 3, 224, 224),), (tensor("OUTPUT__0", 1000),))
    arrays: dict[str, NDArray[Any]] = {"INPUT__0": np.zeros((1, 3, 224, 224), np.float32)}
    tracemalloc.start()
    try:
        body, _ = request(arrays, picture, binary=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert arrays["INPUT__0"].nbytes < len(body) <= 602_400
    assert peak < 2.1 * len(body)


@pytest.mark.parametrize("binary", [True, False])
def test_request_to_a_model_with_sequences_is_a_whole_sequence(binary: bool) -> None:
    of_sequences = TWO_TO_TWO.model_copy(update={"sequences": True})
    numbers = set()
    for _ in range(2):
        body, content_type = request(ARRAYS, of_sequences, binary=binary)
        length = int(content_type.removeprefix(BINARY)) if binary else len(body)
        parameters = json.loads(body[:length])["parameters"]
        assert (parameters["sequence_start"], parameters["sequence_end"]) == (True, True)
        numbers.add(parameters["sequence_id"])
    assert len(numbers) == 2
    assert min(numbers) > 0
