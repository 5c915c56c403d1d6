"""Errors during the measurement of the load profile."""

from __future__ import annotations

import pytest

from model_client.load import Exchange, Level, LevelFailed
from model_packager.error_message import Remedy
from smoke_test.load import check_memory, load_failure
from tests.unit.functions.samples import client_error
from workflow.errors import SmokeTestFailed

LEVEL = Level(8, "binary", 1, lambda: Exchange(1, 1, 1))


@pytest.mark.parametrize(
    ("why", "cause", "fix"),
    [
        (
            SmokeTestFailed("The model rejected the request: no memory.", "Take a larger type."),
            "The model rejected the request: no memory.",
            "smoke_test.load.concurrency in deploy.yaml, or: Take a larger type.",
        ),
        (
            client_error("ThrottlingException", "Rate exceeded", "InvokeEndpoint"),
            "ThrottlingException: Rate exceeded",
            "raise endpoint.instance_count",
        ),
        (ConnectionError("reset"), "ConnectionError('reset')", "endpoint.instance_type"),
    ],
)
def test_cause_and_fix(why: Exception, cause: str, fix: str) -> None:
    error = LevelFailed(LEVEL, 1_234)
    error.__cause__ = why
    failure = load_failure(error)
    begins = "With 8 concurrent clients (binary), a request failed after 1,234 had succeeded: "
    assert failure.cause == begins + cause
    assert "smoke_test.load.concurrency" in failure.fix
    assert fix in failure.fix
    assert failure.remedy is Remedy.CORRECT_SPEC


def test_concurrent_responses_must_fit_into_memory() -> None:
    check_memory(64, 4 * 2**20)
    with pytest.raises(SmokeTestFailed) as refused:
        check_memory(64, 5 * 2**20)
    assert "at most 51 clients" in refused.value.fix
    assert refused.value.remedy is Remedy.CORRECT_SPEC
