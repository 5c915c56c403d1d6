"""AWS's own pricing examples, and a deployment's counted states."""

import pytest

from benchmarks.cost import memory_gb, used
from benchmarks.poll_schedule import defaults, looks_until
from benchmarks.prices import Usage, usd


def test_step_functions_own_example() -> None:
    """100,000 executions of 5 transitions, 4,000 of them free: 12.40 USD (its pricing page)."""
    assert usd(Usage(496_000, 0, 0)) == pytest.approx(12.40)


def test_lambdas_arithmetic() -> None:
    """A million requests of 120 ms with 1536 MB: 180,000 GB-seconds."""
    assert usd(Usage(0, 1_000_000, 180_000)) == pytest.approx(0.20 + 3.00, abs=0.001)


def test_each_look_is_three_transitions_and_one_request() -> None:
    assert Usage(10, 5, 1.0).plus_looks(4, 0.25) == Usage(22, 9, 2.0)


def test_states_are_counted_and_only_functions_take_time() -> None:
    visited = [
        ("Receive Drop", 9.0),
        ("Inspect Model", 2.0),
        ("Wait for Endpoint", 9.0),
        ("Check Endpoint", 9.0),
        ("Endpoint Ready?", 9.0),
        ("Smoke Test", 1.0),
    ]
    memory = memory_gb()
    seconds = 2.0 * memory["Inspect Model"] + 1.0 * memory["Smoke Test"]
    assert used(visited, 1) == Usage(4, 2, seconds)
    assert used(visited, 3) == Usage(4, 2, 3 * seconds)


def test_ten_minutes_of_looking_leave_room_within_a_cent() -> None:
    looks, _ = looks_until(600, defaults())
    # A look takes about 0.2 s; all the rest, at most 20 states and 40 GB-seconds.
    assert usd(Usage(20, 12, 40.0).plus_looks(looks, 0.1)) < 0.01
