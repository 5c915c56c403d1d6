from __future__ import annotations

from datetime import timedelta

import pytest

from model_packager.duration import duration_text


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=-3), "0 s"),  # from a clock that was set back
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(seconds=61), "1 min 1 s"),
        (timedelta(hours=1, seconds=5), "1 h"),
        (timedelta(days=2, hours=3, minutes=4), "2 d 3 h"),
    ],
)
def test_spoken(duration: timedelta, said: str) -> None:
    assert duration_text(duration) == said
