"""The CRC32 of joined byte strings, computed from the CRC32 of each without reading them again.

A CRC is a remainder of polynomials over GF(2), in which bit 31 is the coefficient of x^0 (RFC 1952,
section 8). Each following byte multiplies it by x^8, and the CRC of the following bytes is added.
zlib has crc32_combine for this, but Python's zlib does not expose it.
"""

from functools import lru_cache

from isal.isal_zlib import crc32

__all__ = ["crc32", "joined"]

_POLYNOMIAL = 0xEDB88320
_X_TO_0 = 1 << 31
_X_TO_8 = 1 << 23

_Table = tuple[int, ...]


def joined(first: int, second: int, second_bytes: int) -> int:
    """Return the CRC32 of two byte strings, one after the other.

    Args:
        first: the CRC32 of the first string.
        second: the CRC32 of the second string.
        second_bytes: the number of bytes in the second string.
    """
    lowest, low, high, highest = _followed_by(second_bytes)
    return (
        lowest[first & 0xFF]
        ^ low[first >> 8 & 0xFF]
        ^ high[first >> 16 & 0xFF]
        ^ highest[first >> 24]
        ^ second
    )


@lru_cache(maxsize=64)
def _followed_by(size: int) -> tuple[_Table, _Table, _Table, _Table]:
    """Return tables with the effect of `size` zeros on each byte of a CRC.

    The tables are cached, because an archive has only a few different block and part sizes.
    """
    factor = _power_of_x8(size)
    of_bits = [_product(1 << bit, factor) for bit in range(32)]
    return (
        _table(of_bits[:8]),
        _table(of_bits[8:16]),
        _table(of_bits[16:24]),
        _table(of_bits[24:]),
    )


def _table(of_bits: list[int]) -> _Table:
    table = [0]
    for value in of_bits:
        table += [each ^ value for each in table]
    return tuple(table)


def _power_of_x8(exponent: int) -> int:
    power, square = _X_TO_0, _X_TO_8
    while exponent:
        if exponent & 1:
            power = _product(power, square)
        square = _product(square, square)
        exponent >>= 1
    return power


def _product(first: int, second: int) -> int:
    product = 0
    for bit in range(31, -1, -1):
        if first >> bit & 1:
            product ^= second
        second = second >> 1 ^ (_POLYNOMIAL if second & 1 else 0)
    return product
