"""The options for the load."""

from __future__ import annotations

import pytest

from model_packager.spec.load_profile import LoadProfile
from modeldrop.command.terminal.load import load_of
from modeldrop.errors import UsageError


def test_load_is_read() -> None:
    assert load_of("1, 2,16", 0.5) == LoadProfile(concurrency=(1, 2, 16), seconds=0.5)


@pytest.mark.parametrize(
    ("concurrency", "seconds", "says"),
    [
        ("one", 1, "--concurrency one should be whole numbers, such as 1,2,4."),
        ("", 1, "--concurrency  should be whole numbers, such as 1,2,4."),
        ("4,2", 1, "--concurrency should be in ascending order, not [4, 2]."),
        ("0", 1, "--concurrency should be greater than or equal to 1."),
        ("65", 1, "--concurrency should be less than or equal to 64."),
        ("1", 0, "--seconds should be greater than 0."),
        ("1", 21, "--seconds should be less than or equal to 20."),
    ],
)
def test_what_is_no_load_is_a_usage_error(concurrency: str, seconds: float, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_of(concurrency, seconds)
    assert str(caught.value) == says
