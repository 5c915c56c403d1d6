"""Records and payloads of SplitType Line."""

from __future__ import annotations

import io

import pytest

from modeldrop.local.sagemaker.transform.records import RecordTooLarge, lines, payloads


def split(content: bytes, most: int = 100) -> list[bytes]:
    return list(lines(io.BytesIO(content), most))


def test_lines_have_no_ends() -> None:
    assert split(b"one\ntwo\r\n\nlast") == [b"one", b"two", b"", b"last"]
    assert split(b"") == []


def test_line_may_be_as_large_as_a_payload() -> None:
    assert split(b"abc\nabc\r\nabc", most=3) == [b"abc"] * 3
    for content in (b"abcd\n", b"abcd", b"abcd\r\n", b"a\nabcde"):
        with pytest.raises(RecordTooLarge):
            split(content, most=3)


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (1, [b"a", b"b", b"c"]),
        (2, [b"a", b"b", b"c"]),
        (3, [b"a\nb", b"c"]),
        (4, [b"a\nb", b"c"]),
        (5, [b"a\nb\nc"]),
    ],
)
def test_payload_has_as_many_records_as_fit(most: int, expected: list[bytes]) -> None:
    assert list(payloads(iter([b"a", b"b", b"c"]), most)) == expected


def test_no_records_have_no_payload() -> None:
    assert list(payloads(iter([]), 3)) == []
