"""AWS's pricing examples, and the counted states of a deployment."""

import pytest

from benchmarks.cost import memory_gb, used
from benchmarks.poll_schedule import defaults, polls_until
from benchmarks.prices import Usage, usd


def test_pricing_example_of_step_functions() -> None:
    """100,000 executions with 5 transitions, 4,000 of them free, cost 12.40 USD (pricing page)."""
    assert usd(Usage(496_000, 0, 0)) == pytest.approx(12.40)


def test_pricing_example_of_lambda() -> None:
    """A million requests of 120 ms with 1536 MB are 180,000 GB-seconds."""
    assert usd(Usage(0, 1_000_000, 180_000)) == pytest.approx(0.20 + 3.00, abs=0.001)


def test_each_poll_is_three_transitions_and_one_request() -> None:
    assert Usage(10, 5, 1.0).plus_polls(4, 0.25) == Usage(22, 9, 2.0)


def test_every_state_is_a_transition_and_only_functions_have_a_duration() -> None:
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


def test_workflow_with_ten_minutes_of_polling_costs_less_than_a_cent() -> None:
    polls, _ = polls_until(600, defaults())
    # A poll takes about 0.2 s. The other steps take at most 20 states and 40 GB-seconds.
    assert usd(Usage(20, 12, 40.0).plus_polls(polls, 0.1)) < 0.01
