from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_packager.repository.stored_gzip import BLOCK_BYTES, stored_size
from workflow.archive.part_size import MAX_PARTS, MIN_BYTES, part_size

TB = 10**12


@pytest.mark.parametrize(
    ("size", "part"),
    [
        (0, MIN_BYTES),
        (MIN_BYTES * MAX_PARTS, MIN_BYTES),
        (MIN_BYTES * MAX_PARTS + 1, 2 * MIN_BYTES),
        (5 * TB, 128 * MIN_BYTES),
    ],
)
def test_part_size(size: int, part: int) -> None:
    assert part_size(size) == part


@given(st.integers(0, 5 * TB))
def test_archive_fits_s3(size: int) -> None:
    part = part_size(size)
    assert part % BLOCK_BYTES == 0
    assert 5 * 2**20 <= stored_size(part) <= 5 * 2**30
    assert -(-size // part) < 10_000
    assert part == MIN_BYTES or size > part // 2 * MAX_PARTS
