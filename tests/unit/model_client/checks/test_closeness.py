from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model_client.checks.closeness import BATCHED, REPEATED, Rounding, difference, difference_text

ONES = np.ones((2, 100), np.float32)


def changed(array: NDArray[Any], values: dict[tuple[int, ...], Any]) -> NDArray[Any]:
    other = array.copy()
    for index, value in values.items():
        other[index] = value
    return other


def test_equal_arrays_do_not_differ() -> None:
    assert difference(ONES, ONES) is None
    assert difference(np.zeros((0, 3)), np.zeros((0, 3))) is None


def test_largest_difference_has_its_position() -> None:
    actual = difference(changed(ONES, {(0, 3): 1.25, (1, 7): -2}), ONES, atol=0.125)
    assert actual is not None
    assert (actual.count, actual.size, actual.largest, actual.index) == (2, 200, 3.0, [1, 7])
    assert (actual.actual, actual.expected) == ("-2", "1")


@pytest.mark.parametrize(("rtol", "atol"), [(0.0, 0.25), (0.25, 0.0), (0.125, 0.125)])
def test_tolerance_is_allowed(rtol: float, atol: float) -> None:
    assert difference(ONES * 1.25, ONES, rtol=rtol, atol=atol) is None
    assert difference(ONES * 1.375, ONES, rtol=rtol, atol=atol) is not None


def test_nan_equals_only_nan() -> None:
    nan = changed(ONES, {(0, 1): np.nan})
    assert difference(nan, nan) is None
    for actual, expected in ((nan, ONES), (ONES, nan)):
        differs = difference(actual, expected, rtol=1e9, atol=1e9)
        assert differs is not None
        assert (differs.count, differs.index) == (1, [0, 1])


def test_infinity_equals_only_itself() -> None:
    infinite = changed(ONES, {(0, 1): -np.inf})
    assert difference(infinite, infinite, rtol=1, atol=1) is None
    for actual in (ONES, -infinite):
        assert difference(actual, infinite, rtol=1, atol=1e9) is not None
    assert difference(infinite, ONES, rtol=1, atol=1e9) is not None


def test_nan_counts_as_the_largest_difference() -> None:
    differs = difference(changed(ONES, {(0, 0): 1e30, (1, 1): np.nan}), ONES)
    assert differs is not None
    assert (differs.index, differs.actual) == ([1, 1], "nan")


def test_integers_are_compared_exactly() -> None:
    large = np.array([2**62])
    differs = difference(large + 1, large)
    assert differs is not None
    assert (differs.actual, differs.expected) == (str(2**62 + 1), str(2**62))


def test_booleans_and_unsigned_numbers() -> None:
    assert difference(np.array([True, False]), np.array([True, True])) is not None
    differs = difference(np.array([1], np.uint8), np.array([2], np.uint8))
    assert differs is not None
    assert differs.largest == 1


@pytest.mark.parametrize("rounding", [REPEATED, BATCHED])
def test_rounding_is_a_share_of_the_largest_value(rounding: Rounding) -> None:
    """A value of 0 among values of 1,000 may differ by the last bits of 1,000."""
    expected = changed(ONES * 0, {(0, 0): -1000})
    share = 1000 * rounding.of_largest
    assert difference_text(changed(expected, {(1, 1): share * 0.9}), expected, rounding) is None
    assert difference_text(changed(expected, {(1, 1): share * 1.1}), expected, rounding) == (
        f"1 of 200 values differ, the most at [1, 1]: {share * 1.1:g} instead of 0"
    )


def test_half_precision_has_its_last_bits() -> None:
    half = np.ones(4, np.float16)
    assert difference_text(half + np.float16(0.005), half, REPEATED) is None
    assert difference_text(half + np.float16(0.02), half, REPEATED) is not None
    assert difference_text(ONES + np.float32(0.005), ONES, REPEATED) is not None


def test_infinity_does_not_allow_everything() -> None:
    expected = changed(ONES, {(0, 0): -np.inf})
    assert difference_text(expected, expected, BATCHED) is None
    assert difference_text(changed(expected, {(1, 1): 2}), expected, BATCHED) is not None


@pytest.mark.parametrize("other", [2, 1.0001])
def test_integers_of_a_repeated_request_are_equal(other: float) -> None:
    classes = np.full((1, 100), 7)
    assert difference_text(classes, classes, REPEATED) is None
    assert (difference_text(changed(classes, {(0, 3): other}), classes, REPEATED)) is not None


@pytest.mark.parametrize(("size", "few"), [(1, 0), (4, 0), (5, 2), (200, 2), (1000, 10)])
def test_few_integers_may_differ_in_a_batch(size: int, few: int) -> None:
    expected = np.full((1, size), 7)
    for count in {few, few + 1}:
        actual = expected.copy()
        actual[0, :count] = 0
        assert (difference_text(actual, expected, BATCHED) is None) == (count == few)


def test_another_shape_is_unlike() -> None:
    assert difference_text(ONES[:1], ONES, BATCHED) == "the shape is [1, 100] instead of [2, 100]"


def texts(*rows: list[bytes]) -> NDArray[Any]:
    return np.array(rows, np.object_)


def test_texts_are_equal_or_not() -> None:
    actual, expected = texts([b"a", b"b"], [b"c", b"\x1b[31m"]), texts([b"a", b"b"], [b"d", b"e"])
    differs = difference(actual, expected, rtol=1, atol=1)
    assert differs is not None
    assert (differs.count, differs.size, differs.index) == (2, 4, [1, 0])
    assert (differs.actual, differs.expected) == ("'c'", "'d'")
    assert difference_text(actual, expected, REPEATED) == (
        "2 of 4 texts differ, the first at [1, 0]: 'c' instead of 'd'"
    )
    assert difference(actual, actual.copy()) is None
    assert difference_text(texts([], []), texts([], []), REPEATED) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"\x1b[31m", r"'\x1b[31m'"),
        ("\u202eexe".encode(), r"'\u202eexe'"),
        (b"\xff", r"'\\xff'"),
        (b"x" * 5_000, "'" + "x" * 80 + "' and 5,000 bytes in all"),
        ("\N{GRINNING FACE}".encode() * 81, "and 324 bytes in all"),
    ],
)
def test_texts_are_shown_printable_and_short(text: bytes, words: str) -> None:
    differs = difference(texts([text]), texts([b""]))
    assert differs is not None
    assert differs.actual.endswith(words)
    assert differs.actual.isprintable()
