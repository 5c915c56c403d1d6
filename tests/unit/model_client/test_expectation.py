from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model_client.errors import InvalidExpectation, InvalidTensor
from model_client.expectation import Expectation, ExpectedClasses, read_expectation
from model_client.sample_file import File
from model_packager.dtype import Dtype
from tests.unit.functions.samples import signature, tensor

MODEL = signature(outputs=(tensor("scores", 4), tensor("boxes", 2)))


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


def failure(file: File) -> InvalidExpectation:
    with pytest.raises(InvalidExpectation) as caught:
        read_expectation(file, MODEL)
    return caught.value


def test_no_file_expects_nothing() -> None:
    assert read_expectation(None, MODEL) == Expectation("none", {}, ())


def test_single_array_belongs_to_the_first_output() -> None:
    expectation = read_expectation(npy(np.ones(4)), MODEL)
    assert list(expectation.arrays) == ["scores"]
    assert expectation.classes == ()


def test_arrays_match_outputs_by_name() -> None:
    assert list(read_expectation(npz(boxes=np.ones(2)), MODEL).arrays) == ["boxes"]


def test_outputs_with_nan_or_infinity_are_named() -> None:
    file = npz(scores=np.array([1, np.nan, 0, 0]), boxes=np.ones(2))
    assert read_expectation(file, MODEL).not_finite == {"scores"}
    assert read_expectation(npy(np.full(4, -np.inf)), MODEL).not_finite == {"scores"}
    assert read_expectation(npy(np.full(4, True)), MODEL).not_finite == set()


def test_empty_archive_is_rejected() -> None:
    assert "contains no array" in failure(npz()).cause


def test_unknown_output() -> None:
    for file in (npz(logits=np.ones(4)), of_class('{"top_class": 1, "output": "logits"}')):
        assert failure(file).cause == (
            f"{file.name} names the output logits, but the model has scores, boxes."
        )


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.array([["a", "b", "c", "d"]]), "text"),
        (np.array(["2026-01-01"], "M8[D]"), "datetime64[D]"),
        (np.array([1j]), "complex128"),
    ],
)
def test_other_dtypes_are_rejected(array: NDArray[Any], found: str) -> None:
    assert failure(npy(array)).cause == (
        f"The golden sample expects {found} for scores, but the model declares FP32."
    )


TEXTS = signature(outputs=(tensor("label", 1, dtype=Dtype.STRING), tensor("scores", 2)))


@pytest.mark.parametrize(
    "text",
    [
        '{"label": [["grüße"]], "scores": [[0.5, 1]]}',
        '{"outputs": [{"name": "label", "shape": [1, 1], "datatype": "BYTES", "data": ["grüße"]},'
        '{"name": "scores", "shape": [1, 2], "datatype": "FP32", "data": [0.5, 1]}]}',
    ],
)
def test_tensors_as_json(text: str) -> None:
    found = read_expectation(of_class(text), TEXTS)
    assert found.arrays["label"].tolist() == [["grüße".encode()]]
    assert found.arrays["scores"].tolist() == [[0.5, 1]]
    assert found.not_finite == set()
    assert found.classes == ()


def test_text_as_numpy() -> None:
    assert read_expectation(npy(np.array([["a"]])), TEXTS).arrays["label"].tolist() == [[b"a"]]


@pytest.mark.parametrize(
    ("file", "cause"),
    [
        (of_class('{"label": [[1]]}'), "expects int64 for label, but the model declares STRING"),
        (of_class('{"label": ["a", "b", "c"]}'), "but the model declares [-1, 1]"),
        (npy(np.array([[b"\xff"]])), "has text that is not UTF-8"),
        (of_class('{"label": [["a"]], "other": ["b"]}'), "names the output other"),
    ],
)
def test_text_that_the_model_cannot_return(file: File, cause: str) -> None:
    with pytest.raises((InvalidExpectation, InvalidTensor)) as caught:
        read_expectation(file, TEXTS)
    assert cause in caught.value.cause


def test_classes_of_a_model_that_also_has_text() -> None:
    file = of_class('{"top_class": 1, "label": "cat", "output": "scores"}')
    classes = read_expectation(file, TEXTS).classes
    assert isinstance(classes, ExpectedClasses)
    assert classes.label == "cat"


@pytest.mark.parametrize("shape", [(4,), (1, 4), (7, 4)])
def test_shapes_that_the_model_may_return(shape: tuple[int, ...]) -> None:
    assert read_expectation(npy(np.ones(shape)), MODEL).arrays["scores"].shape == shape


@pytest.mark.parametrize("shape", [(), (3,), (1, 3), (1, 1, 4)])
def test_shapes_that_the_model_cannot_return(shape: tuple[int, ...]) -> None:
    assert "but the model declares [-1, 4]" in failure(npy(np.ones(shape))).cause


def test_any_shape_fits_an_output_that_the_model_does_not_declare() -> None:
    assumed = MODEL.outputs[0].model_copy(update={"assumed": True, "dims": (-1,)})
    model = MODEL.model_copy(update={"outputs": (assumed,)})
    assert read_expectation(npy(np.ones((2, 3, 4))), model).arrays["scores"].shape == (2, 3, 4)


def test_invalid_file() -> None:
    with pytest.raises(InvalidTensor, match="cannot be read as a NumPy file"):
        read_expectation(File("sample/expected.npy", b"x"), MODEL)


@pytest.mark.parametrize(
    ("text", "wanted", "best"),
    [
        ('{"top_class": 282, "label": "tiger cat", "within_top": 1}', (282,), 1),
        ('{"top_class": 0}', (0,), 1),
        ('{"top_class": 282, "within_top": 5}', (282,), 5),
        ('{"classes": [281, 282]}', (281, 282), 2),
        ('{"classes": [281, 282], "within_top": 3, "min_score": -1}', (281, 282), 3),
    ],
)
def test_classes(text: str, wanted: tuple[int, ...], best: int) -> None:
    classes = read_expectation(of_class(text), MODEL).classes
    assert isinstance(classes, ExpectedClasses)
    assert (classes.wanted, classes.best) == (wanted, best)


def test_list_has_one_expectation_per_item() -> None:
    expectation = read_expectation(of_class(' [{"top_class": 1}, {"classes": [2]}]'), MODEL)
    assert expectation.classes == (ExpectedClasses(top_class=1), ExpectedClasses(classes=(2,)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file: "),
        ("282", "the file: "),
        ("[]", "the file: "),
        ("{}", "the file: requires either top_class or classes."),
        ('{"top_class": 1, "classes": [1]}', "the file: requires either"),
        ('{"top_class": -1}', "top_class: "),
        ('{"top_class": "tiger cat"}', "top_class: "),
        ('{"top_class": 1, "within_top": 0}', "within_top: "),
        ('{"top_class": 1, "labl": "x"}', "labl: "),
        ('{"classes": []}', "classes: "),
        ('{"classes": [1, -1]}', "classes.1: "),
        ('{"classes": [1, 2], "label": "x"}', "the file: label requires top_class."),
        (
            '{"classes": [1, 2, 3], "within_top": 2}',
            "the file: 3 classes do not fit into",
        ),
        ('{"top_class": 1, "min_score": NaN}', "min_score: "),
        ('[{"top_class": 1}, {"top_class": "x"}]', "1.top_class: "),
    ],
)
def test_invalid_classes_are_named(text: str, says: str) -> None:
    error = failure(of_class(text))
    assert error.cause.startswith(f"sample/expected.json is invalid: {says}")
    assert '"top_class": 282' in error.fix
