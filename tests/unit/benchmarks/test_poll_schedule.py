"""Polls are rare while an endpoint cannot be ready, and frequent when it can."""

import statistics
from itertools import islice, takewhile

import pytest

from benchmarks.poll_schedule import defaults, polls, polls_until
from modeldrop.local.run import PARAMETERS

LOCAL = {name: int(value) for name, value in PARAMETERS.items()}


def test_first_poll_comes_when_an_endpoint_can_be_ready() -> None:
    assert next(polls(defaults())) == 90


def test_polls_are_frequent_in_the_usual_window() -> None:
    assert list(islice(polls(defaults()), 4)) == [90, 95, 100, 105]


def test_later_polls_are_rarer() -> None:
    hour = list(takewhile(lambda at: at <= 3600, polls(defaults())))
    assert hour[-1] - hour[-2] >= 50
    assert len(hour) < 200


def test_average_delay_in_the_usual_window() -> None:
    """The window is from two minutes, the minimum on AWS, to ten minutes."""
    times = list(takewhile(lambda at: at <= 660, polls(defaults())))
    delays = [min(at for at in times if at >= ready) - ready for ready in range(120, 601)]
    assert statistics.mean(delays) <= 3.5
    assert max(delays) <= 10


def test_local_cloud_polls_every_second_in_the_first_minutes() -> None:
    assert list(islice(polls(LOCAL), 100)) == list(range(1, 101))


@pytest.mark.parametrize("ready", [90, 91])
def test_polls_until_counts_the_last_poll(ready: int) -> None:
    count, delay = polls_until(ready, defaults())
    assert (count, delay) == ((1, 0) if ready == 90 else (2, 4))
