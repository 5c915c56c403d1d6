"""The behavior of MiniStack's Step Functions that we need: execution names, JSONata, waiting."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.embedded_cloud.lambda_function import ROLE, make_function, run_states
from tests.waiting import eventually

WAITS: dict[str, Any] = {"Wait": {"Type": "Wait", "Seconds": 3000, "End": True}}  # 30 s here
PASSES: dict[str, Any] = {"Pass": {"Type": "Pass", "End": True}}

FAILS = """
class Throttled(Exception):
    pass

def handler(event, context):
    raise Throttled("slow down")
"""


@pytest.fixture
def stepfunctions(aws: boto3.Session) -> Any:
    return aws.client("stepfunctions")


def machine(stepfunctions: Any, states: Mapping[str, Any]) -> str:
    definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
    made = stepfunctions.create_state_machine(
        name=f"m-{uuid.uuid4().hex}", definition=json.dumps(definition), roleArn=ROLE
    )
    return str(made["stateMachineArn"])


def passed(aws: boto3.Session, assigned: Mapping[str, Any], then: Mapping[str, Any]) -> Any:
    """Return the output of two Pass states: the first has this Assign, the second this Output."""
    states = {
        "First": {"Type": "Pass", "Assign": assigned, "Next": "Second"},
        "Second": {"Type": "Pass", "Output": then, "End": True},
    }
    ended = run_states(aws, states, start="First")
    assert ended["status"] == "SUCCEEDED", ended
    return json.loads(ended["output"])


def test_start_by_name_is_idempotent_while_it_runs(stepfunctions: Any) -> None:
    """The same name and input succeed while the execution runs (API reference, StartExecution)."""
    waiting = machine(stepfunctions, WAITS)
    start = {"stateMachineArn": waiting, "name": "drop-1", "input": '{"a": 1}'}
    first = stepfunctions.start_execution(**start)

    again = stepfunctions.start_execution(**start)

    assert again["executionArn"] == first["executionArn"]
    assert again["startDate"] == first["startDate"]
    assert len(stepfunctions.list_executions(stateMachineArn=waiting)["executions"]) == 1
    with pytest.raises(ClientError) as other_input:
        stepfunctions.start_execution(**{**start, "input": '{"a": 2}'})
    assert other_input.value.response["Error"]["Code"] == "ExecutionAlreadyExists"


def test_name_of_an_ended_execution_is_taken(stepfunctions: Any) -> None:
    start = {"stateMachineArn": machine(stepfunctions, PASSES), "name": "drop-1", "input": "{}"}
    execution = stepfunctions.start_execution(**start)["executionArn"]
    assert eventually(lambda: status(stepfunctions, execution) == "SUCCEEDED")

    with pytest.raises(ClientError) as caught:
        stepfunctions.start_execution(**start)
    assert caught.value.response["Error"]["Code"] == "ExecutionAlreadyExists"


def test_stopped_execution_stays_aborted(stepfunctions: Any) -> None:
    execution = stepfunctions.start_execution(stateMachineArn=machine(stepfunctions, WAITS))
    arn = execution["executionArn"]
    assert status(stepfunctions, arn) == "RUNNING"

    stepfunctions.stop_execution(executionArn=arn, error="Superseded", cause="a newer drop")

    ended = stepfunctions.describe_execution(executionArn=arn)
    assert (ended["status"], ended["error"]) == ("ABORTED", "Superseded")
    listed = stepfunctions.list_executions(
        stateMachineArn=ended["stateMachineArn"], statusFilter="ABORTED"
    )
    assert [each["executionArn"] for each in listed["executions"]] == [arn]


def test_stopped_execution_does_not_retry(aws: boto3.Session, stepfunctions: Any) -> None:
    task = {
        "Type": "Task",
        "Resource": make_function(aws, FAILS),
        "Retry": [{"ErrorEquals": ["Throttled"], "IntervalSeconds": 50, "BackoffRate": 1}],
        "End": True,
    }
    execution = stepfunctions.start_execution(
        stateMachineArn=machine(stepfunctions, {"Work": task})
    )["executionArn"]
    assert eventually(lambda: "TaskFailed" in events(stepfunctions, execution))

    stepfunctions.stop_execution(executionArn=execution)
    stopped = events(stepfunctions, execution)

    assert not eventually(lambda: status(stepfunctions, execution) != "ABORTED", seconds=1)
    assert events(stepfunctions, execution) == stopped


def test_assignments_see_the_values_on_entry(aws: boto3.Session) -> None:
    """Source: developer guide, "Passing data between states with variables", evaluation order."""
    states = {
        "First": {"Type": "Pass", "Assign": {"x": 3, "y": 6}, "Next": "Swap"},
        "Swap": {
            "Type": "Pass",
            "Assign": {"x": "{% $y %}", "y": "{% $x %}"},
            "Next": "Tell",
        },
        "Tell": {"Type": "Pass", "Output": ["{% $x %}", "{% $y %}"], "End": True},
    }
    assert json.loads(run_states(aws, states, start="First")["output"]) == [6, 3]


def test_functions_and_operators_of_jsonata(aws: boto3.Session) -> None:
    assigned = {
        "tried": ["a"],
        "spec": {"n": 1},
        "nothing": None,
        "fallback_types": ["a", "b", "c"],
    }
    output = {
        "append": "{% $append($tried, ['b']) %}",
        "append_one": "{% $append($tried, 'b') %}",
        "merge": "{% $merge([$spec, {'m': 2}]) %}",
        "exists": "{% [$exists($spec.n), $exists($spec.o)] %}",
        "in": "{% ['a' in $tried, 'b' in $tried] %}",
        "null": "{% $nothing = null %}",
        "next": "{% $fallback_types[$count($tried)] %}",
        "filter": "{% [$fallback_types[$not($ in $tried)]] %}",
        "count": "{% $count($fallback_types) %}",
        "min": "{% $min([30, 2 * 8]) %}",
        "millis": "{% $toMillis('2026-01-02T03:04:05Z') %}",
        "text": "{% 'as ' & $string($spec.n) %}",
        "chosen": "{% $spec.n = 1 and $not($spec.n > 1) ? 'one' : 'more' %}",
    }
    assert passed(aws, assigned, output) == {
        "append": ["a", "b"],
        "append_one": ["a", "b"],
        "merge": {"n": 1, "m": 2},
        "exists": [True, False],
        "in": [True, False],
        "null": True,
        "next": "b",
        "filter": ["b", "c"],
        "count": 3,
        "min": 16,
        "millis": 1767323045000,
        "text": "as 1",
        "chosen": "one",
    }


def test_undefined_is_an_error(aws: boto3.Session) -> None:
    states = {"Tell": {"Type": "Pass", "Output": "{% $states.input.missing %}", "End": True}}

    ended = run_states(aws, states, start="Tell")

    assert (ended["status"], ended["error"]) == ("FAILED", "States.QueryEvaluationError")


def test_choice_catch_and_loop_with_variables(aws: boto3.Session) -> None:
    """Fallback types: each failed type is added to the tried types, until none is left."""
    states = {
        "Start": {
            "Type": "Pass",
            "Assign": {"fallback_types": ["a", "b"], "tried": [], "polls": 0},
            "Next": "Try",
        },
        "Try": {
            "Type": "Task",
            "Resource": make_function(aws, FAILS),
            "Arguments": {"instance": "{% $fallback_types[$count($tried)] %}"},
            "Catch": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {
                        "tried": "{% $append($tried, $fallback_types[$count($tried)]) %}",
                        "failure": {"error": "{% $states.errorOutput.Error %}"},
                        "polls": "{% $polls + 1 %}",
                    },
                    "Output": "{% $states.input %}",
                    "Next": "More",
                }
            ],
            "End": True,
        },
        "More": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": "{% $failure.error in ['Throttled'] and $polls < 2 %}",
                    "Assign": {"again": True},
                    "Next": "Pause",
                }
            ],
            "Default": "Tell",
        },
        "Pause": {"Type": "Wait", "Seconds": "{% $polls * 2 %}", "Next": "Try"},
        "Tell": {
            "Type": "Pass",
            "Output": {"tried": "{% $tried %}", "again": "{% $again %}"},
            "End": True,
        },
    }
    ended = run_states(aws, states, start="Start")

    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"]) == {"tried": ["a", "b"], "again": True}


def test_wait_until_a_time(aws: boto3.Session, stepfunctions: Any) -> None:
    """The Wait takes a hundredth of the time, like every Wait in these tests."""
    until = (datetime.now(UTC) + timedelta(seconds=200)).strftime("%Y-%m-%dT%H:%M:%SZ")
    states = {
        "First": {"Type": "Pass", "Assign": {"until": until}, "Next": "Wait"},
        "Wait": {"Type": "Wait", "Timestamp": "{% $until %}", "End": True},
    }
    began = time.monotonic()

    assert run_states(aws, states, start="First")["status"] == "SUCCEEDED"
    assert 1.5 < time.monotonic() - began < 150  # 2 s; without the scale 200 s


def test_retry_waits_no_longer_than_its_longest_delay(aws: boto3.Session) -> None:
    retry = {
        "ErrorEquals": ["Throttled"],
        "IntervalSeconds": 100,
        "BackoffRate": 10,
        "MaxDelaySeconds": 101,
        "MaxAttempts": 2,
    }
    task = {"Type": "Task", "Resource": make_function(aws, FAILS), "Retry": [retry], "End": True}
    began = time.monotonic()

    run_states(aws, {"Work": task}, start="Work")

    assert 2 < time.monotonic() - began < 10  # 1 s and 1.01 s; without the limit 11 s


def status(stepfunctions: Any, execution: str) -> str:
    return str(stepfunctions.describe_execution(executionArn=execution)["status"])


def events(stepfunctions: Any, execution: str) -> list[str]:
    history = stepfunctions.get_execution_history(executionArn=execution)["events"]
    return [event["type"] for event in history]
