"""The environment of each function has the variables that its settings read."""

import pytest

from tests.consistency.asl import STEPS, TASKS, TEMPLATE, function, pascal
from workflow import settings
from workflow.settings import Settings

OF_LAMBDA = {"AWS_REGION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"}
"""The variables that AWS Lambda sets (Lambda developer guide, defined runtime environment
variables)."""


@pytest.mark.parametrize("state", STEPS)
def test_environment_is_the_settings(state: str) -> None:
    model: type[Settings] | None = getattr(settings, f"{pascal(state)}Settings", None)
    wanted = {name.upper() for name in model.model_fields} if model else set()
    variables = function(state).get("Environment", {}).get("Variables", {})
    assert set(variables) == wanted - OF_LAMBDA


def test_retries_belong_to_the_state_machine() -> None:
    shared = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert shared["AWS_MAX_ATTEMPTS"] == "1"


@pytest.mark.parametrize("state", TASKS)
def test_state_outlasts_its_function(state: str) -> None:
    timeout = function(state).get("Timeout", TEMPLATE["Globals"]["Function"]["Timeout"])
    assert timeout < TASKS[state]["TimeoutSeconds"]
    assert timeout <= 900
