from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model_client.checks.answer_check import check_answer, check_form
from model_client.response import Response, parse_response
from model_packager.dtype import Dtype
from model_packager.rejection import SmokeTestFailed
from tests.unit.functions.samples import signature, tensor
from tests.unit.functions.triton_responses import answer, floats, json_answer


def failure(response: Response, items: int = 1, **declared: Any) -> SmokeTestFailed:
    with pytest.raises(SmokeTestFailed) as caught:
        check_answer(response, signature(**declared), items)
    return caught.value


@pytest.mark.parametrize("items", [1, 4])
def test_shapes_by_output_name(items: int) -> None:
    declared = signature(outputs=(tensor("scores", 2), tensor("boxes", -1, 4)))
    response = answer(scores=floats(items, 2), boxes=floats(items, 7, 4))
    assert check_answer(response, declared, items) == {"scores": [items, 2], "boxes": [items, 7, 4]}


def test_json_response() -> None:
    content, content_type = json_answer(OUTPUT__0=floats(1, 2))
    response = Response(parse_response(content, content_type), 0, 0, 0)
    assert check_answer(response, signature(), 1) == {"OUTPUT__0": [1, 2]}


def test_model_without_a_batch_dimension() -> None:
    declared = signature(outputs=(tensor("y", 3, 2),), max_batch_size=0)
    assert check_answer(answer(y=floats(3, 2)), declared, 1) == {"y": [3, 2]}


def test_wrong_name() -> None:
    error = failure(answer(logits=floats(1, 2)))
    assert error.cause == "The response has no output OUTPUT__0; it has logits."


def test_wrong_dtype() -> None:
    error = failure(answer(OUTPUT__0=floats(1, 2).astype(np.float16)))
    assert error.cause == "The output OUTPUT__0 is FP16, but its declared dtype is FP32."
    assert "dtype: FP16" in error.fix


@pytest.mark.parametrize("shape", [(1, 3), (1, 2, 1)])
def test_wrong_dims(shape: tuple[int, ...]) -> None:
    error = failure(answer(OUTPUT__0=floats(*shape)))
    assert f"has the dims {list(shape[1:])}, but its declared dims are [2]" in error.cause
    assert f"dims: {list(shape[1:])}" in error.fix


def test_wrong_dims_without_a_batch_dimension() -> None:
    error = failure(answer(y=floats(1, 2)), outputs=(tensor("y", 2),), max_batch_size=0)
    assert "has the dims [1, 2], but its declared dims are [2]" in error.cause


def test_wrong_batch() -> None:
    error = failure(answer(OUTPUT__0=floats(1, 2)), items=2)
    assert "its first dimension is not the batch size" in error.cause
    assert "max_batch_size: 0" in error.fix


def test_second_output_is_checked() -> None:
    declared = (tensor("a", 2), tensor("b", 2))
    assert "output b" in failure(answer(a=floats(1, 2), b=floats(1, 3)), outputs=declared).cause


@pytest.mark.parametrize("shape", [(1, 1000), (1, 3, 8, 8), (1,)])
def test_assumed_output_may_have_any_shape_after_the_batch(shape: tuple[int, ...]) -> None:
    declared = signature(outputs=(tensor("y", -1, assumed=True),))
    assert check_answer(answer(y=floats(*shape)), declared, 1) == {"y": list(shape)}


def test_assumed_output_has_the_batch_and_the_dtype() -> None:
    declared = (tensor("y", -1, assumed=True),)
    assert "not the batch" in failure(answer(y=floats(3, 2)), outputs=declared).cause
    wrong_dtype = answer(y=np.ones((1, 2), np.int64))
    assert (
        "is INT64, but its declared dtype is FP32" in failure(wrong_dtype, outputs=declared).cause
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [Dtype.FP16, Dtype.FP32, Dtype.FP64])
def test_nan_and_infinity(bad: float, dtype: Dtype) -> None:
    array = np.array([[1, bad]], {"FP16": "f2", "FP32": "f4", "FP64": "f8"}[dtype])
    error = failure(answer(y=array), outputs=(tensor("y", 2, dtype=dtype),))
    assert error.cause == "1 of the 2 values of the output y are NaN or infinite."


def test_expected_nan_passes() -> None:
    declared = signature(outputs=(tensor("a", 2), tensor("b", 2)))
    response = answer(a=np.array([[1, np.nan]], np.float32), b=floats(1, 2))
    assert check_answer(response, declared, 1, {"a"}) == {"a": [1, 2], "b": [1, 2]}
    with pytest.raises(SmokeTestFailed, match="output a are NaN") as caught:
        check_answer(response, declared, 1, {"b"})
    assert "sample/expected.npz" in caught.value.fix


def test_form_check_ignores_values() -> None:
    response = answer(OUTPUT__0=np.full((1, 2), np.nan, np.float32))
    assert check_form(response, signature(), 1) == {"OUTPUT__0": [1, 2]}


@pytest.mark.parametrize(
    ("array", "dtype"),
    [(np.array([[-(2**63), 2]]), Dtype.INT64), (np.array([[True, False]]), Dtype.BOOL)],
)
def test_integers_are_always_finite(array: NDArray[Any], dtype: Dtype) -> None:
    declared = signature(outputs=(tensor("y", 2, dtype=dtype),))
    assert check_answer(answer(y=array), declared, 1) == {"y": [1, 2]}


def test_text() -> None:
    declared = signature(outputs=(tensor("label", 1, dtype=Dtype.STRING),))
    response = answer(label=np.array([[b"positive"]], np.object_))
    assert check_answer(response, declared, 1) == {"label": [1, 1]}


def test_text_has_the_name_of_deploy_yaml() -> None:
    error = failure(answer(OUTPUT__0=np.array([[b"a", b"b"]], np.object_)))
    assert error.cause == "The output OUTPUT__0 is STRING, but its declared dtype is FP32."
    assert "dtype: STRING" in error.fix
