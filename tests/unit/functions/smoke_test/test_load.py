"""What is said of a level of load in which a request went wrong."""

from __future__ import annotations

import pytest

from model_client.load import Exchange, Level, LevelFailed
from smoke_test.load import check_memory, failed
from tests.unit.functions.given import client_error
from workflow.errors import SmokeTestFailed

LEVEL = Level(8, "binary", 1, lambda: Exchange(1, 1, 1))


@pytest.mark.parametrize(
    ("why", "cause", "fix"),
    [
        (
            SmokeTestFailed("The model refused the request: no memory.", "Take a larger type."),
            "The model refused the request: no memory.",
            "more instances, or: Take a larger type.",
        ),
        (
            client_error("ThrottlingException", "Rate exceeded", "InvokeEndpoint"),
            "ThrottlingException: Rate exceeded",
            "more instances (endpoint.instance_count)",
        ),
        (ConnectionError("reset"), "ConnectionError('reset')", "more instances"),
    ],
)
def test_cause_and_fix_are_told(why: Exception, cause: str, fix: str) -> None:
    error = LevelFailed(LEVEL, 1_234)
    error.__cause__ = why
    told = failed(error)
    begins = "With 8 clients at a time (binary), after 1,234 good answers: "
    assert told.cause == begins + cause
    assert "smoke_test.load.concurrency" in told.fix
    assert fix in told.fix


def test_answers_of_all_clients_fit_into_memory() -> None:
    check_memory(64, 4 * 2**20)
    with pytest.raises(SmokeTestFailed) as refused:
        check_memory(64, 5 * 2**20)
    assert "at most 51 clients" in refused.value.fix
