from __future__ import annotations

from itertools import count

import pytest

from model_packager.sagemaker.requests import INVOKE_TIMEOUT_SECONDS
from smoke_test.checks.repetition import repeated
from smoke_test.time_budget import ASYNC_BUDGET_SECONDS, BUDGET_SECONDS, TimeBudget
from tests.consistency.asl import TEMPLATE
from tests.unit.functions.triton_responses import answer, floats
from workflow.errors import SmokeTestFailed

ANSWER = answer(y=floats(1, 2))


def ten_seconds_per_check() -> TimeBudget:
    seconds = count(0, 10)
    return TimeBudget(60, now=lambda: next(seconds))


def test_requests_within_the_budget() -> None:
    assert list(repeated(lambda: ANSWER, 5, ten_seconds_per_check())) == [ANSWER] * 5


def test_exceeded_budget_names_the_progress() -> None:
    answers = repeated(lambda: ANSWER, 1000, ten_seconds_per_check())
    with pytest.raises(SmokeTestFailed) as caught:
        list(answers)
    assert caught.value.cause == (
        "The smoke test used up its 60 s: 5 of 1,000 requests were answered."
    )
    assert "smoke_test.requests" in caught.value.fix


def test_function_timeout_exceeds_the_budget_and_a_request() -> None:
    timeout = TEMPLATE["Resources"]["SmokeTestFunction"]["Properties"]["Timeout"]
    assert timeout > BUDGET_SECONDS + INVOKE_TIMEOUT_SECONDS + 60


def test_request_ends_before_the_function_does() -> None:
    """A request that starts at the end of the budget gets a reason, not Lambda's time-out."""
    now = [0.0]
    budget = TimeBudget(ASYNC_BUDGET_SECONDS, lambda: now[0])
    assert budget.longest_wait() == ASYNC_BUDGET_SECONDS + 90 < 890
    now[0] = ASYNC_BUDGET_SECONDS + 1
    assert now[0] + budget.longest_wait() < 890
