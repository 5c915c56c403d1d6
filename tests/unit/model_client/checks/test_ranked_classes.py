from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from model_client.checks.ranked_classes import check_classes, check_label
from model_client.expectation import Expectation, ExpectedClasses
from model_packager.rejection import SmokeTestFailed
from model_packager.stored import Ranking
from tests.unit.functions.samples import signature, tensor
from tests.unit.functions.triton_responses import answer, floats

MODEL = signature(outputs=(tensor("scores", 4), tensor("colors", 2)))
UNBATCHED = signature(outputs=(tensor("scores", 2, 4), tensor("colors", 2)), max_batch_size=0)
SCORES = np.array([[0.125, 0.5, 0.25, 0.0625], [0.75, 0, 0.125, 0.25]], np.float32)
ONE = answer(scores=SCORES[:1], colors=np.array([[2, 1]], np.float32))
TWO = answer(scores=SCORES, colors=floats(2, 2))


def expects(*classes: dict[str, Any]) -> Expectation:
    return Expectation(
        "sample/expected.json", classes=tuple(map(ExpectedClasses.model_validate, classes))
    )


def expects_of_all(**classes: Any) -> Expectation:
    return Expectation("sample/expected.json", classes=ExpectedClasses.model_validate(classes))


def failure(*args: Any) -> SmokeTestFailed:
    with pytest.raises(SmokeTestFailed) as caught:
        check_classes(*args)
    return caught.value


@pytest.mark.parametrize(
    ("classes", "description"),
    [
        ({"top_class": 1, "label": "tiger cat"}, "class 1 (tiger cat) is in the top 1"),
        ({"top_class": 2, "within_top": 2}, "class 2 is in the top 2"),
        ({"top_class": 3, "within_top": 99}, "class 3 is in the top 99"),
        ({"classes": [2, 1]}, "classes 2, 1 are in the top 2"),
        ({"classes": [0, 1], "within_top": 3}, "classes 0, 1 are in the top 3"),
        (
            {"classes": [2, 1], "min_score": 0.25},
            "classes 2, 1 are in the top 2, with a score of at least 0.25",
        ),
        ({"top_class": 0, "output": "colors"}, "class 0 is in the top 1"),
    ],
)
def test_result_is_described(classes: dict[str, Any], description: str) -> None:
    assert (
        check_classes(ONE, expects_of_all(**classes), MODEL)
        == f"sample/expected.json: {description}"
    )


@pytest.mark.parametrize(("top_class", "within_top"), [(2, 1), (0, 2), (3, 3)])
def test_other_class_fails(top_class: int, within_top: int) -> None:
    error = failure(ONE, expects_of_all(top_class=top_class, within_top=within_top), MODEL)
    top = [1, 2, 0, 3][:within_top]
    assert error.cause == (
        f"The golden sample expects class {top_class} in the top {within_top} of scores; the "
        f"model's top {within_top} is {top}."
    )


def test_one_of_the_classes_is_missing() -> None:
    error = failure(ONE, expects_of_all(classes=[1, 0]), MODEL)
    assert "expects classes 1, 0 in the top 2 of scores; the model's top 2 is [1, 2]" in (
        error.cause
    )


@pytest.mark.parametrize("classes", [{"top_class": 1}, {"classes": [1, 2]}])
def test_score_below_the_minimum(classes: dict[str, Any]) -> None:
    lowest = 0.5 if "top_class" in classes else 0.25
    assert check_classes(ONE, expects_of_all(**classes, min_score=lowest), MODEL)
    error = failure(ONE, expects_of_all(**classes, min_score=lowest + 0.01), MODEL)
    assert (
        f"with a score of at least {lowest + 0.01:g} in scores, but the score is {lowest:g}."
        in (error.cause)
    )


def test_class_out_of_range() -> None:
    assert "has only 4 values" in failure(ONE, expects_of_all(top_class=4), MODEL).cause


def test_single_expectation_applies_to_all_items() -> None:
    assert check_classes(TWO, expects_of_all(top_class=2, within_top=3), MODEL)
    assert "top 1 is [0]" in failure(TWO, expects_of_all(top_class=1), MODEL).cause


def test_each_item_has_its_own_expectation() -> None:
    assert check_classes(TWO, expects({"top_class": 1}, {"top_class": 0}), MODEL) == (
        "sample/expected.json: 2 items: class 1 is in the top 1; class 0 is in the top 1"
    )
    error = failure(TWO, expects({"top_class": 1}, {"top_class": 3}), MODEL)
    assert error.cause.startswith("The golden sample, item 1, expects class 3")


@pytest.mark.parametrize("count", [1, 3])
def test_other_number_of_items(count: int) -> None:
    error = failure(TWO, expects(*[{"top_class": 1, "within_top": 4}] * count), MODEL)
    assert f"has {count} expectations, but the response has 2 items" in error.cause


def test_output_without_a_batch_is_one_item_unless_listed() -> None:
    assert check_classes(TWO, expects_of_all(top_class=4), UNBATCHED)
    assert check_classes(TWO, expects({"top_class": 1}, {"top_class": 0}), UNBATCHED)


TOP = [Ranking(index=7, label="lynx", score=0.9), Ranking(index=8, label=None, score=0.1)]


@pytest.mark.parametrize(
    "classes",
    [
        {"top_class": 7, "label": "lynx"},
        {"top_class": 7},
        {"top_class": 9, "label": "cat"},
        {"top_class": 7, "label": "red", "output": "colors"},
        {"classes": [7, 8]},
    ],
)
def test_equal_or_unknown_label_passes(classes: dict[str, Any]) -> None:
    check_label(expects_of_all(**classes), MODEL, TOP)
    check_label(expects(classes, {"top_class": 7, "label": "another item's"}), MODEL, TOP)


def test_no_expectation_has_no_label() -> None:
    check_label(Expectation(), MODEL, TOP)


def test_other_label_fails() -> None:
    for expectation in (
        expects_of_all(top_class=7, label="tiger cat"),
        expects({"top_class": 7, "label": "tiger cat"}),
    ):
        with pytest.raises(SmokeTestFailed) as caught:
            check_label(expectation, MODEL, TOP)
        assert caught.value.cause == (
            "sample/expected.json labels class 7 'tiger cat', but labels.txt labels it 'lynx'."
        )
