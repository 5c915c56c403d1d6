from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model_packager.deploy_spec import SmokeTest
from smoke_test.golden import check_golden
from smoke_test.sample import File
from tests.unit.functions.answers import answer
from tests.unit.functions.given import signature, tensor
from workflow.errors import SmokeTestFailed

MODEL = signature(outputs=(tensor("scores", 4), tensor("boxes", 2)))
SCORES = np.array([[0.1, 0.6, 0.25, 0.05]], np.float32)
BOXES = np.array([[1000.0, -2.0]], np.float32)
ANSWER = answer(scores=SCORES, boxes=BOXES)


def npy(array: NDArray[Any]) -> File:
    file = io.BytesIO()
    np.save(file, array)
    return File("sample/expected.npy", file.getvalue())


def npz(**arrays: Any) -> File:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return File("sample/expected.npz", file.getvalue())


def of_class(text: str) -> File:
    return File("sample/expected.json", text.encode())


def checked(expected: File | None, **smoke_test: Any) -> str:
    return check_golden(ANSWER, expected, MODEL, SmokeTest.model_validate(smoke_test))


def failure(expected: File, **smoke_test: Any) -> SmokeTestFailed:
    with pytest.raises(SmokeTestFailed) as caught:
        checked(expected, **smoke_test)
    return caught.value


def test_no_expectation_is_said() -> None:
    assert checked(None) == "none"


@pytest.mark.parametrize("array", [SCORES, SCORES[0], SCORES.astype(np.float64)])
def test_array_is_for_the_first_output_with_or_without_the_batch(array: NDArray[Any]) -> None:
    assert checked(npy(array)) == "sample/expected.npy: scores within rtol 0.001, atol 0.001"


def test_arrays_go_by_name() -> None:
    assert checked(npz(boxes=BOXES, scores=SCORES)).startswith(
        "sample/expected.npz: boxes, scores within"
    )


def test_tolerance_is_absolute_and_relative() -> None:
    far = BOXES + np.array([[1.5, 0]], np.float32)
    assert "boxes" in failure(npz(boxes=far), rtol=1e-3, atol=1e-3).cause
    assert checked(npz(boxes=far), rtol=2e-3, atol=0)
    assert checked(npz(boxes=far), rtol=0, atol=1.6)


def test_difference_is_counted_and_measured() -> None:
    error = failure(npy(SCORES + np.array([0, 0.5, 0.25, 0], np.float32)))
    assert error.cause == (
        "2 of 4 values of scores differ from the golden sample by more than rtol 0.001 and atol "
        "0.001; the largest difference is 0.5."
    )


def test_nan_is_near_nothing() -> None:
    wanted = SCORES.copy()
    wanted[0, 3] = np.nan
    assert failure(npy(wanted), atol=1e9).cause.startswith("1 of 4 values")


@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 4, 1), (4, 1), ()])
def test_another_shape(shape: tuple[int, ...]) -> None:
    assert "and the answer has [1, 4]" in failure(npy(np.zeros(shape))).cause


def test_unknown_output() -> None:
    error = failure(npz(logits=SCORES))
    assert error.cause == (
        "sample/expected.npz expects an output logits; the model has scores, boxes."
    )


@pytest.mark.parametrize(
    "array", [np.array([["a", "b", "c", "d"]]), np.array(["2026-01-01"], "M8[D]")]
)
def test_what_is_no_number_cannot_be_compared(array: NDArray[Any]) -> None:
    assert "which is no number" in failure(npy(array)).cause


def test_expectation_that_cannot_be_read() -> None:
    assert "cannot be read as a NumPy file" in failure(File("sample/expected.npy", b"x")).cause


def test_best_class() -> None:
    told = checked(of_class('{"top_class": 1, "label": "tiger cat"}'))
    assert told == "sample/expected.json: class 1 (tiger cat) is within the best 1"


def test_class_within_the_best() -> None:
    assert checked(of_class('{"top_class": 2, "within_top": 2}')).endswith("within the best 2")
    assert checked(of_class('{"top_class": 3, "within_top": 99}')).endswith("within the best 99")


@pytest.mark.parametrize(("top_class", "within_top"), [(2, 1), (0, 2), (3, 3)])
def test_other_class(top_class: int, within_top: int) -> None:
    error = failure(of_class(f'{{"top_class": {top_class}, "within_top": {within_top}}}'))
    best = [1, 2, 0, 3][:within_top]
    assert error.cause == (
        f"The golden sample expects class {top_class} within the best {within_top} of scores; "
        f"the model's best are {best}."
    )


def test_class_beyond_the_last() -> None:
    assert "has 4 values" in failure(of_class('{"top_class": 4}')).cause


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "the file"),
        ("282", "the file"),
        ("{}", "top_class"),
        ('{"top_class": -1}', "top_class"),
        ('{"top_class": "tiger cat"}', "top_class"),
        ('{"top_class": 1, "within_top": 0}', "within_top"),
        ('{"top_class": 1, "labl": "x"}', "labl"),
    ],
)
def test_class_that_cannot_be_read_is_named(text: str, place: str) -> None:
    error = failure(of_class(text))
    assert error.cause.startswith(f"sample/expected.json cannot be used: {place}: ")
    assert '"top_class": 282' in error.fix
