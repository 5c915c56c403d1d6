"""Where two arrays differ: by more than a tolerance, or by more than rounding explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.generic]


@dataclass(frozen=True)
class Rounding:
    """How far two runs of the same computation may be apart.

    Attributes:
        of_largest: of floats, as a share of the output's largest value: what is lost in a sum is
            lost of its largest term, so values near 0 have no relative precision. FP16 gets eight
            of its last bits, where that is more.
        of_whole_numbers: the share of whole numbers that may differ, and two of five or more: where
            two scores are all but equal, the last bit decides which of them comes first.
    """

    of_largest: float
    of_whole_numbers: float

    def whole_numbers(self, size: int) -> int:
        """Give how many whole numbers of an output of this size may differ."""
        if not self.of_whole_numbers or size < 5:
            return 0
        return max(2, int(self.of_whole_numbers * size))


REPEATED = Rounding(of_largest=1e-4, of_whole_numbers=0)
"""The same request again: other kernels after the first runs, atomic additions on a GPU."""

BATCHED = Rounding(of_largest=1e-2, of_whole_numbers=0.01)
"""Another batch size takes other kernels, and TF32 keeps 10 bits (PyTorch, numerical accuracy)."""


@dataclass(frozen=True)
class Difference:
    """How many values of two arrays of one shape differ, and where they differ most.

    Attributes:
        count: values that differ too much, of `size`.
        largest: difference at `index`; NaN where a number meets NaN.
        found: the value there in the one array, in words.
        wanted: the value there in the other.
    """

    count: int
    size: int
    largest: float
    index: list[int]
    found: str
    wanted: str


def difference(
    found: Array, wanted: Array, *, rtol: float = 0, atol: float = 0
) -> Difference | None:
    """Compare as numpy.isclose does, except that NaN is near NaN; None where all is near.

    Args:
        found: numbers or booleans.
        wanted: the same, in the same shape.
        rtol: allowed in relation to `wanted`.
        atol: allowed in any case. Without any tolerance the comparison is exact in 64 bits, too.
    """
    one, other = found.astype(np.float64), wanted.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(one - other)
        allowed = atol + rtol * np.abs(other)
        near = (found == wanted) | (np.isnan(one) & np.isnan(other))
        near |= (apart <= allowed) & (allowed > 0) & np.isfinite(other)
    count = int(near.size - near.sum())
    if not count:
        return None
    place = int(np.argmax(np.where(near, -1, np.where(np.isnan(apart), np.inf, apart))))
    index = np.unravel_index(place, near.shape)
    return Difference(
        count=count,
        size=near.size,
        largest=float(apart[index]),
        index=[int(each) for each in index],
        found=_shown(found[index]),
        wanted=_shown(wanted[index]),
    )


def unlike(found: Array, wanted: Array, rounding: Rounding) -> str | None:
    """Say in words how two runs differ by more than rounding explains; None where they do not.

    Args:
        found: an output of the one run.
        wanted: the same output of the other.
        rounding: what is allowed.
    """
    if found.shape != wanted.shape:
        return f"its shape is {list(found.shape)} here and {list(wanted.shape)} there"
    if is_float(wanted):
        differs = difference(found, wanted, atol=_allowed(wanted, rounding))
    else:
        differs = difference(found, wanted)
        if differs and differs.count <= rounding.whole_numbers(differs.size):
            return None
    if differs is None:
        return None
    return (
        f"{differs.count:,} of {differs.size:,} values differ, most of all at {differs.index}: "
        f"{differs.found} here and {differs.wanted} there"
    )


def is_float(array: Array) -> bool:
    """Whether the array holds floats."""
    return bool(np.issubdtype(array.dtype, np.floating))


def _allowed(wanted: Array, rounding: Rounding) -> float:
    last_bits = 8 * float(np.spacing(np.ones((), wanted.dtype)))
    largest = np.abs(wanted[np.isfinite(wanted)].astype(np.float64)).max(initial=0)
    return max(rounding.of_largest, last_bits) * float(largest)


def _shown(value: np.generic) -> str:
    plain = value.item()
    return f"{plain:.6g}" if isinstance(plain, float) else str(plain)
