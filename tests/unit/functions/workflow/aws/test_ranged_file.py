from __future__ import annotations

import io

from workflow.aws.ranged_file import BLOCK_BYTES, HEAD_BYTES, TAIL_BYTES, RangedFile

SIZE = 10 * TAIL_BYTES
CONTENT = bytes(range(256)) * (SIZE // 256)


class Ranges:
    """Serves CONTENT, and keeps the requested ranges."""

    def __init__(self) -> None:
        self.fetched: list[tuple[int, int]] = []

    def fetch(self, start: int, length: int) -> bytes:
        self.fetched.append((start, length))
        return CONTENT[start : start + length]


def test_tail_is_read_first_and_the_head_is_shorter_than_other_blocks() -> None:
    ranges = Ranges()
    file = RangedFile(ranges.fetch, SIZE)
    assert file.read(10) == CONTENT[:10]
    file.seek(HEAD_BYTES + 5)
    assert file.read(10) == CONTENT[HEAD_BYTES + 5 :][:10]
    assert ranges.fetched == [
        (SIZE - TAIL_BYTES, TAIL_BYTES),
        (0, HEAD_BYTES),
        (HEAD_BYTES + 5, BLOCK_BYTES),
    ]


def test_tail_and_latest_block_are_kept() -> None:
    ranges = Ranges()
    file = RangedFile(ranges.fetch, SIZE)
    for position in (0, HEAD_BYTES - 1, SIZE - TAIL_BYTES, SIZE - 1, 1):
        file.seek(position)
        assert file.read(1) == CONTENT[position : position + 1]
    assert ranges.fetched == [(SIZE - TAIL_BYTES, TAIL_BYTES), (0, HEAD_BYTES)]


def test_long_read_is_one_request() -> None:
    ranges = Ranges()
    file = RangedFile(ranges.fetch, SIZE)
    assert file.read(3 * BLOCK_BYTES) == CONTENT[: 3 * BLOCK_BYTES]
    assert ranges.fetched[1:] == [(0, 3 * BLOCK_BYTES)]


def test_position_is_that_of_a_file() -> None:
    file, expected = RangedFile(Ranges().fetch, SIZE), io.BytesIO(CONTENT)
    for offset, whence in ((5, io.SEEK_SET), (7, io.SEEK_CUR), (-3, io.SEEK_END), (9, io.SEEK_CUR)):
        assert file.seek(offset, whence) == expected.seek(offset, whence)
        assert file.read(4) == expected.read(4)
        assert file.tell() == expected.tell()
