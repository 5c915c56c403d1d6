"""Step Functions' limit of 262,144 bytes for the data of a state, which no wildcard catches.

Developer guide, "Handling errors in Step Functions workflows" and "Step Functions service quotas".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from tests.embedded_cloud.lambda_function import make_function, run_states

LARGEST = 262_144 - 2
"""The number of characters of the longest text. JSON adds two quotes."""

RETURNS = """
def handler(event, context):
    return "x" * (event if isinstance(event, int) else len(event))
"""


@pytest.fixture(scope="module")
def function(aws: boto3.Session) -> str:
    return make_function(aws, RETURNS)


def text(characters: int) -> str:
    return f"{{% $pad('', {characters}, 'x') %}}"


def task(function: str, **fields: Any) -> dict[str, Any]:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    return {
        "Task": {
            "Type": "Task",
            "Resource": function,
            "Output": "done",
            "Retry": retry,
            "Catch": catch,
            "End": True,
            **fields,
        },
        "Caught": {"Type": "Pass", "End": True},
    }


def states(part: str, function: str, characters: int) -> Mapping[str, Any]:
    """Return a state machine in which one part of the first state has this many characters."""
    large = text(characters)
    return {
        "output": {"Task": {"Type": "Pass", "Output": large, "End": True}},
        "assign": {"Task": {"Type": "Pass", "Assign": {"a": large}, "End": True}},
        "arguments": task(function, Arguments=large),
        "result": task(function, Arguments=characters),
    }[part]


@pytest.mark.parametrize("part", ["output", "arguments", "result"])
def test_data_of_exactly_the_limit_passes(aws: boto3.Session, function: str, part: str) -> None:
    ended = run_states(aws, states(part, function, LARGEST), start="Task")
    assert ended["status"] == "SUCCEEDED", ended


@pytest.mark.parametrize("part", ["output", "assign", "arguments", "result"])
def test_one_byte_more_ends_the_execution_even_if_everything_is_caught(
    aws: boto3.Session, function: str, part: str
) -> None:
    ended = run_states(aws, states(part, function, LARGEST + 1), start="Task")
    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded"), ended
    assert "'Task'" in ended["cause"]


def test_other_errors_are_still_caught(aws: boto3.Session, function: str) -> None:
    ended = run_states(aws, task(function, Arguments=None), start="Task")
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"])["Error"] == "TypeError"
