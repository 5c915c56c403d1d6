from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model_client.checks.golden import check_golden
from model_client.expectation import Expectation
from model_packager.dtype import Dtype
from model_packager.rejection import SmokeTestFailed
from model_packager.spec.smoke_test_spec import SmokeTest
from tests.unit.functions.samples import signature, tensor
from tests.unit.functions.triton_responses import answer

MODEL = signature(
    outputs=(tensor("scores", 4), tensor("boxes", 2), tensor("ids", 3, dtype=Dtype.INT64))
)
SCORES = np.array([[0.1, 0.6, 0.25, 0.05]], np.float32)
BOXES = np.array([[1000.0, -2.0]], np.float32)
IDS = np.array([[2000, 2, 3]])
ANSWER = answer(scores=SCORES, boxes=BOXES, ids=IDS)


def checked(smoke_test: dict[str, Any], **expected: Any) -> str:
    expectation = Expectation("sample/expected.npz", arrays=expected)
    return check_golden(ANSWER, expectation, MODEL, SmokeTest.model_validate(smoke_test))


def failure(smoke_test: dict[str, Any], **expected: Any) -> SmokeTestFailed:
    with pytest.raises(SmokeTestFailed) as caught:
        checked(smoke_test, **expected)
    return caught.value


def test_without_an_expectation() -> None:
    assert check_golden(ANSWER, Expectation(), MODEL, SmokeTest()) == "none"


@pytest.mark.parametrize("array", [SCORES, SCORES[0], SCORES.astype(np.float64)])
def test_batch_dimension_is_optional(array: NDArray[Any]) -> None:
    assert checked({}, scores=array) == "sample/expected.npz: scores within rtol 0.001, atol 0.001"


def test_arrays_match_outputs_by_name() -> None:
    assert checked({}, ids=IDS, boxes=BOXES) == (
        "sample/expected.npz: ids equal; boxes within rtol 0.001, atol 0.001"
    )


def test_absolute_and_relative_tolerance() -> None:
    far = BOXES + np.array([[1.5, 0]], np.float32)
    assert "boxes" in failure({"rtol": 1e-3, "atol": 1e-3}, boxes=far).cause
    assert checked({"rtol": 2e-3, "atol": 0}, boxes=far)
    assert checked({"rtol": 0, "atol": 1.6}, boxes=far)


def test_tolerance_of_a_single_output() -> None:
    far = BOXES + np.array([[1.5, 0]], np.float32)
    own = {"tolerances": {"boxes": {"atol": 1.6}}}
    assert checked(own, boxes=far) == "sample/expected.npz: boxes within rtol 0.001, atol 1.6"
    assert "values of scores" in failure(own, scores=SCORES + 1, boxes=far).cause
    narrow = {"rtol": 1, "tolerances": {"boxes": {"rtol": 0, "atol": 0}}}
    assert failure(narrow, boxes=BOXES + np.float32(0.001)).cause.startswith("2 of 2 values of b")


def test_integers_must_be_equal_unless_their_output_has_a_tolerance() -> None:
    assert failure({"atol": 5, "rtol": 1}, ids=IDS + 1).cause == (
        "3 of 3 values of ids differ from the golden sample (an exact match is required); the "
        "largest difference is 1, at [0, 0]: 2000 instead of 2001."
    )
    assert checked({"tolerances": {"ids": {"atol": 1}}}, ids=IDS + 1) == (
        "sample/expected.npz: ids within rtol 0, atol 1"
    )


def test_difference_has_count_size_and_position() -> None:
    error = failure({}, scores=SCORES + np.array([0, 0.5, 0.25, 0], np.float32))
    assert error.cause == (
        "2 of 4 values of scores differ from the golden sample by more than rtol 0.001 and atol "
        "0.001; the largest difference is 0.5, at [0, 1]: 0.6 instead of 1.1."
    )
    assert "smoke_test.tolerances for scores" in error.fix


def test_nan_equals_only_nan() -> None:
    wanted = SCORES.copy()
    wanted[0, 3] = np.nan
    assert failure({"atol": 1e9}, scores=wanted).cause.startswith("1 of 4 values")
    expectation = Expectation("sample/expected.npz", arrays={"scores": wanted})
    assert check_golden(answer(scores=wanted), expectation, MODEL, SmokeTest())


@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 4, 1), (4, 1), ()])
def test_other_shape(shape: tuple[int, ...]) -> None:
    assert "but the output has [1, 4]" in failure({}, scores=np.zeros(shape)).cause


TEXT = signature(outputs=(tensor("label", 1, dtype=Dtype.STRING),))


def compared(actual: bytes, expected: bytes) -> str:
    received = answer(label=np.array([[actual]], np.object_))
    expectation = Expectation(
        "sample/expected.json", arrays={"label": np.array([[expected]], np.object_)}
    )
    return check_golden(received, expectation, TEXT, SmokeTest())


def test_text_must_be_equal() -> None:
    assert compared("grüße".encode(), "grüße".encode()) == "sample/expected.json: label equal"
    with pytest.raises(SmokeTestFailed) as caught:
        compared(b"positive", b"negative")
    assert caught.value.cause == (
        "1 of 1 texts of label differ from the golden sample (an exact match is required). The "
        "first is at [0, 0]: 'positive' instead of 'negative'."
    )
