from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remove_old_versions.surplus import surplus

VERSIONS = st.integers(0, 30).map("{:03}".format)
KNOWN = st.sets(VERSIONS)
KEPT = st.integers(1, 6)


@pytest.mark.parametrize(
    ("known", "used", "kept", "removed"),
    [
        ("12345", "54", 3, "12"),
        ("12345", "54", 1, "123"),
        ("12345", "51", 3, "2"),  # 1 was restored, or is the rollback target
        ("12345", "1", 1, ""),  # 1 is live, and 2 to 5 are being deployed
        # 4 and 5 are being deployed and may fail, so 2 is kept as the rollback target.
        ("12345", "3", 2, "1"),
        ("12345", "", 1, ""),  # no version is live
        ("123", "3", 3, ""),
        ("", "", 1, ""),
    ],
)
def test_surplus(known: str, used: str, kept: int, removed: str) -> None:
    assert surplus(known, set(used), kept) == list(removed)


@given(KNOWN, st.sets(VERSIONS, max_size=4), KEPT)
def test_version_in_use_or_newer_is_never_deleted(
    known: set[str], used: set[str], kept: int
) -> None:
    removed = surplus(sorted(known), used, kept)
    assert not set(removed) & used
    assert set(removed) <= known
    assert all(version < max(used) for version in removed)


@given(KNOWN, st.sets(VERSIONS, max_size=4), KEPT)
def test_newest_versions_are_kept(known: set[str], used: set[str], kept: int) -> None:
    known |= used
    removed = surplus(sorted(known), used, kept)
    assert removed == sorted(set(removed))
    settled = {version for version in known if version <= max(used, default="")}
    left = settled - set(removed)
    assert left >= set(sorted(settled)[-kept:])
    assert len(left - used) <= kept


@given(KNOWN, st.sets(VERSIONS, max_size=4), KEPT)
def test_surplus_is_idempotent(known: set[str], used: set[str], kept: int) -> None:
    left = known - set(surplus(sorted(known), used, kept))
    assert surplus(sorted(left), used, kept) == []
