"""Compares two arrays, with tolerances or up to the rounding errors of the hardware."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_client.text import is_text, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.generic]


@dataclass(frozen=True)
class Rounding:
    """How much two runs of the same computation may differ.

    Attributes:
        of_largest: the share of the output's largest value by which floats may differ. A sum loses
            precision relative to its largest term, so values close to 0 have no relative precision.
            FP16 values may differ by eight units in the last place if that is more.
        of_whole_numbers: the share of integers that may differ, at least two of five or more
            integers. If two scores are nearly equal, the last bit decides which one ranks first.
    """

    of_largest: float
    of_whole_numbers: float

    def whole_numbers(self, size: int) -> int:
        """Return how many integers of an output of this size may differ."""
        if not self.of_whole_numbers or size < 5:
            return 0
        return max(2, int(self.of_whole_numbers * size))


REPEATED = Rounding(of_largest=1e-4, of_whole_numbers=0)
"""For a repeated request. Engines may change kernels after the first runs, and GPUs use atomic
additions."""

BATCHED = Rounding(of_largest=1e-2, of_whole_numbers=0.01)
"""For another batch size, which may use other kernels and TF32 with 10 bits (PyTorch, numerical
accuracy)."""


@dataclass(frozen=True)
class Difference:
    """The number of different values in two arrays of the same shape, and the largest difference.

    For texts, `index` is the first difference.

    Attributes:
        count: the number of values that differ too much, out of `size`.
        largest: the difference at `index`; NaN between a number and NaN or between texts.
        actual: the value there in the first array, as text.
        expected: the value there in the second array, as text.
    """

    count: int
    size: int
    largest: float
    index: list[int]
    actual: str
    expected: str


def difference(
    actual: Array, expected: Array, *, rtol: float = 0, atol: float = 0
) -> Difference | None:
    """Compare like numpy.isclose, but NaN equals NaN. Return None if all values are close.

    Args:
        actual: numbers, booleans, or text, which must be equal.
        expected: values of the same kind, in the same shape.
        rtol: the tolerance relative to `expected`.
        atol: the absolute tolerance. If both are 0, 64-bit integers are compared exactly.
    """
    if is_text(expected):
        return _text_difference(actual, expected)
    actual64, expected64 = actual.astype(np.float64), expected.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(actual64 - expected64)
        allowed = atol + rtol * np.abs(expected64)
        close = (actual == expected) | (np.isnan(actual64) & np.isnan(expected64))
        close |= (distance <= allowed) & (allowed > 0) & np.isfinite(expected64)
    count = int(close.size - close.sum())
    if not count:
        return None
    position = int(np.argmax(np.where(close, -1, np.where(np.isnan(distance), np.inf, distance))))
    index = np.unravel_index(position, close.shape)
    return Difference(
        count=count,
        size=close.size,
        largest=float(distance[index]),
        index=[int(each) for each in index],
        actual=_shown(actual[index]),
        expected=_shown(expected[index]),
    )


def difference_text(actual: Array, expected: Array, rounding: Rounding) -> str | None:
    """Describe how two runs differ beyond rounding errors; None if they do not.

    Args:
        actual: an output of the first run.
        expected: the same output of the second run.
        rounding: the allowed difference.
    """
    if actual.shape != expected.shape:
        return f"the shape is {list(actual.shape)} instead of {list(expected.shape)}"
    if is_float(expected):
        differs = difference(actual, expected, atol=_allowed(expected, rounding))
    else:
        differs = difference(actual, expected)
        if differs and differs.count <= rounding.whole_numbers(differs.size):
            return None
    if differs is None:
        return None
    what = "texts differ, the first" if is_text(expected) else "values differ, the most"
    return (
        f"{differs.count:,} of {differs.size:,} {what} at {differs.index}: "
        f"{differs.actual} instead of {differs.expected}"
    )


def _text_difference(actual: Array, expected: Array) -> Difference | None:
    differs = np.asarray(actual != expected)
    if not differs.any():
        return None
    index = np.unravel_index(int(np.argmax(differs)), differs.shape)
    return Difference(
        count=int(differs.sum()),
        size=differs.size,
        largest=math.nan,
        index=[int(each) for each in index],
        actual=shown(actual[index]),
        expected=shown(expected[index]),
    )


def is_float(array: Array) -> bool:
    """Return whether the array holds floats."""
    return bool(np.issubdtype(array.dtype, np.floating))


def _allowed(expected: Array, rounding: Rounding) -> float:
    last_bits = 8 * float(np.spacing(np.ones((), expected.dtype)))
    largest = np.abs(expected[np.isfinite(expected)].astype(np.float64)).max(initial=0)
    return max(rounding.of_largest, last_bits) * float(largest)


def _shown(value: np.generic) -> str:
    plain = value.item()
    return f"{plain:.6g}" if isinstance(plain, float) else str(plain)
