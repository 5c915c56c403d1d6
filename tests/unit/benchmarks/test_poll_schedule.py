"""Rare looks while an endpoint cannot be ready, dense ones when it can."""

import statistics
from itertools import islice, takewhile

import pytest

from benchmarks.poll_schedule import defaults, looks, looks_until
from modeldrop.local.run import PARAMETERS

HERE = {name: int(value) for name, value in PARAMETERS.items()}


def test_nothing_is_looked_at_before_it_can_be_ready() -> None:
    assert next(looks(defaults())) == 90


def test_the_usual_window_is_dense() -> None:
    assert list(islice(looks(defaults()), 4)) == [90, 95, 100, 105]


def test_later_looks_grow_rarer() -> None:
    hour = list(takewhile(lambda at: at <= 3600, looks(defaults())))
    assert hour[-1] - hour[-2] >= 50
    assert len(hour) < 200


def test_average_lateness_in_the_usual_window() -> None:
    """From two minutes, the least that is seen on AWS, to ten."""
    times = list(takewhile(lambda at: at <= 660, looks(defaults())))
    late = [min(at for at in times if at >= ready) - ready for ready in range(120, 601)]
    assert statistics.mean(late) <= 3.5
    assert max(late) <= 10


def test_here_every_second_for_the_first_minutes() -> None:
    assert list(islice(looks(HERE), 100)) == list(range(1, 101))


@pytest.mark.parametrize("ready", [90, 91])
def test_looks_until_counts_the_one_that_sees_it(ready: int) -> None:
    count, late = looks_until(ready, defaults())
    assert (count, late) == ((1, 0) if ready == 90 else (2, 4))
