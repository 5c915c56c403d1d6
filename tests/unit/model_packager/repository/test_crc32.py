from __future__ import annotations

import random
import zlib

import pytest

from model_packager.repository.crc32 import crc32, joined

BYTES = random.Random(3).randbytes(400_000)


@pytest.mark.parametrize("first", [0, 1, 5, 65_535])
@pytest.mark.parametrize("second", [0, 1, 2, 65_535, 300_001])
def test_crc32_of_joined_bytes(first: int, second: int) -> None:
    whole = BYTES[: first + second]
    parts = zlib.crc32(whole[:first]), zlib.crc32(whole[first:])
    assert joined(*parts, second) == zlib.crc32(whole)


def test_crc32_is_the_one_of_zlib() -> None:
    assert crc32(BYTES) == zlib.crc32(BYTES)
    assert crc32(BYTES[7:], crc32(BYTES[:7])) == zlib.crc32(BYTES)
