from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING

import pytest

from model_packager.sagemaker.requests import INVOKE_TIMEOUT_SECONDS
from model_packager.spec.smoke_test_spec import MEASURING_SECONDS
from smoke_test.checks.repetition import repeated
from smoke_test.time_budget import ASYNC_BUDGET_SECONDS, BUDGET_SECONDS, TimeBudget
from tests.consistency.asl import TEMPLATE
from tests.unit.functions.triton_responses import answer, floats
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from model_client.response import Response

ANSWER = answer(y=floats(1, 2))


class Slow:
    """An endpoint with this many seconds for each response, and the clock that it advances."""

    def __init__(self, first: float, others: float) -> None:
        self.now = 0.0
        self._seconds = chain([first], repeat(others))

    def send(self) -> Response:
        self.now += next(self._seconds)
        return ANSWER

    def answered(self, fewest: int, most: int, budget: float = 600) -> int:
        clock = TimeBudget(budget, now=lambda: self.now)
        return len(list(repeated(self.send, fewest, most, clock)))


def test_fast_endpoint_gets_all_requests() -> None:
    assert Slow(1, 0.1).answered(5, 51) == 51


def test_slow_endpoint_gets_those_that_fit() -> None:
    """The cold start before the first response does not count as measuring time."""
    assert Slow(100, 2).answered(5, 51) == 1 + MEASURING_SECONDS / 2


def test_very_slow_endpoint_gets_the_fewest() -> None:
    assert Slow(20, 20).answered(5, 51) == 5


def test_exceeded_budget_names_the_progress() -> None:
    with pytest.raises(SmokeTestFailed) as caught:
        Slow(10, 10).answered(1000, 1000, budget=60)
    assert caught.value.cause == (
        "The smoke test used up its 60 s: 6 of 1,000 requests were answered."
    )
    assert "smoke_test.requests" in caught.value.fix


def test_function_timeout_exceeds_the_budget_and_a_request() -> None:
    timeout = TEMPLATE["Resources"]["SmokeTestFunction"]["Properties"]["Timeout"]
    assert timeout > BUDGET_SECONDS + INVOKE_TIMEOUT_SECONDS + 60


def test_request_ends_before_the_function_does() -> None:
    """A request that starts at the end of the budget gets a reason, not Lambda's timeout."""
    now = [0.0]
    budget = TimeBudget(ASYNC_BUDGET_SECONDS, lambda: now[0])
    assert budget.longest_wait() == ASYNC_BUDGET_SECONDS + 90 < 890
    now[0] = ASYNC_BUDGET_SECONDS + 1
    assert now[0] + budget.longest_wait() < 890
