from __future__ import annotations

from itertools import count

import pytest

from smoke_test.checks.repetition import repeated
from smoke_test.time_budget import BUDGET_SECONDS, TimeBudget
from tests.consistency.asl import TEMPLATE
from tests.unit.functions.answers import answer, floats
from workflow.aws.clients import INVOKE_TIMEOUT_SECONDS
from workflow.errors import SmokeTestFailed

ANSWER = answer(y=floats(1, 2))


def ten_seconds_a_look() -> TimeBudget:
    seconds = count(0, 10)
    return TimeBudget(60, now=lambda: next(seconds))


def test_all_requests_are_answered_within_the_time() -> None:
    assert list(repeated(lambda: ANSWER, 5, ten_seconds_a_look())) == [ANSWER] * 5


def test_too_slow_says_how_many_were_answered() -> None:
    answers = repeated(lambda: ANSWER, 1000, ten_seconds_a_look())
    with pytest.raises(SmokeTestFailed) as caught:
        list(answers)
    assert caught.value.cause == (
        "The 60 s that the smoke test may take are used up: 5 of 1,000 requests are answered."
    )
    assert "smoke_test.requests" in caught.value.fix


def test_function_lives_longer_than_its_last_request() -> None:
    lives = TEMPLATE["Resources"]["SmokeTestFunction"]["Properties"]["Timeout"]
    assert lives > BUDGET_SECONDS + INVOKE_TIMEOUT_SECONDS + 60
