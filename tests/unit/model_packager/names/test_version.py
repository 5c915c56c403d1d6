from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_packager.names.version import (
    VERSION_LENGTH,
    content_of,
    drop_order,
    is_same_second,
    version_of,
    was_dropped_before,
)
from tests.unit.model_packager.names.drops import SEQUENCERS, TIME, TIMES, VERSION


def test_version_is_utc_and_a_digest() -> None:
    assert version_of(TIME, content_of("abc", ""), None) == "20260801T151224Z-d1c4b3bb"


def test_version_is_the_same_in_every_time_zone() -> None:
    there = TIME.astimezone(timezone(timedelta(hours=-7)))
    assert version_of(there, "abc", None) == version_of(TIME, "abc", None)


def test_version_follows_model_and_spec() -> None:
    drops = [("abc", ""), ("abd", ""), ("abc", "max_batch_size: 1"), ("abc", "max_batch_size: 2")]
    assert len({version_of(TIME, content_of(*drop), "A1") for drop in drops}) == len(drops)


@given(TIMES, TIMES, st.text(), SEQUENCERS)
def test_later_version_sorts_later(
    first: datetime, second: datetime, content: str, sequencer: str | None
) -> None:
    versions = version_of(first, content, sequencer), version_of(second, "other", None)
    gap = int(second.timestamp()) - int(first.timestamp())
    assert all(len(version) == VERSION_LENGTH for version in versions)
    assert is_same_second(*versions) is (gap == 0)
    if gap:
        assert (versions[0] < versions[1]) is (gap > 0)
        orders = drop_order(versions[0], sequencer), drop_order(versions[1], "FFFF")
        assert (orders[0] < orders[1]) is (gap > 0)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("0A1", "0A2"),
        ("0A1", "0a2"),
        ("0a1", "0A2"),
        ("0055AED6DCD90281E5", "0055AED6DCD90281E6"),
        ("0055AED6DCD90281E5", "0055AED6DD"),
        ("0055AED6DC", "0055AED6DCD90281E5"),
        (None, "0055AED6DC"),
    ],
)
def test_sequencer_orders_the_drops_of_one_second(earlier: str | None, later: str) -> None:
    """Sequencers are compared from the left, whatever their lengths; the digests do not count."""
    names = version_of(TIME, "a", None), version_of(TIME, "b", None)
    for first, second in (names, names[::-1]):
        assert drop_order(first, earlier) < drop_order(second, later)


@given(st.text(), st.text())
def test_content_follows_file_and_spec(etag: str, spec: str) -> None:
    contents = {content_of(etag, spec), content_of(etag + " ", spec), content_of(etag, spec + " ")}
    assert len(contents) == 3


@pytest.mark.parametrize(
    ("moment", "before"),
    [
        (TIME - timedelta(seconds=1), False),
        (TIME, False),
        (TIME + timedelta(microseconds=999_999), False),
        (TIME + timedelta(seconds=1), True),
        ((TIME + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=-8))), True),
    ],
)
def test_drop_of_the_same_second_was_not_before(moment: datetime, before: bool) -> None:
    assert was_dropped_before(VERSION, moment) is before
