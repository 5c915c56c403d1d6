"""The state machines are readable, with one line for each rule of a state."""

import json
import re

import pytest

from scripts.format_state_machines import RULES, formatted
from tests.consistency.asl import MACHINES, ROOT, TASKS

SERVICE_ERRORS = [
    {
        "ErrorEquals": [
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.ClientExecutionTimeoutException",
            "Lambda.TooManyRequestsException",
            "Throttled",
        ],
        "IntervalSeconds": 1,
        "BackoffRate": 2,
        "MaxAttempts": 6,
        "MaxDelaySeconds": 30,
        "JitterStrategy": "FULL",
    },
    {
        "ErrorEquals": [
            "Lambda.Unknown",
            "Runtime.ExitError",
            "Sandbox.Timedout",
            "States.Timeout",
        ],
        "IntervalSeconds": 1,
        "MaxAttempts": 1,
    },
]
ENDPOINT_BUSY = {
    "ErrorEquals": ["EndpointBusy"],
    "IntervalSeconds": 5,
    "BackoffRate": 1.2,
    "MaxAttempts": 140,
    "MaxDelaySeconds": 300,
}
CHANGE_AN_ENDPOINT = {
    # It waits for the lock of a pool. Concurrent drops must not retry at the same time. It is
    # repeated for each instance type.
    "Create Model": {**ENDPOINT_BUSY, "MaxAttempts": 36, "JitterStrategy": "FULL"},
    "Create Endpoint": ENDPOINT_BUSY,
    # A failed endpoint is deleted soon. A hanging endpoint may never settle, but its drop must end.
    "Next Instance Type": {**ENDPOINT_BUSY, "MaxAttempts": 30},
    "Delete Staging Endpoint": ENDPOINT_BUSY,
    # It waits up to four hours until the shadow variant runs, as EndpointTimeoutSeconds allows.
    "Start Shadow Test": {**ENDPOINT_BUSY, "MaxAttempts": 60},
}


@pytest.mark.parametrize("machine", MACHINES)
def test_file_is_formatted(machine: str) -> None:
    text = (ROOT / "statemachine" / f"{machine}.asl.json").read_text()
    assert text == formatted(json.loads(text)) + "\n", "run scripts.format_state_machines"


@pytest.mark.parametrize("machine", MACHINES)
def test_each_rule_has_its_own_line(machine: str) -> None:
    text = (ROOT / "statemachine" / f"{machine}.asl.json").read_text()
    rules = re.findall(
        r'^ {6,8}(?:"\w+": \[)?(\{"(?:ErrorEquals|Condition)": .*\})\]?,?$', text, re.M
    )
    states = MACHINES[machine]["States"].values()
    assert [json.loads(rule) for rule in rules] == [
        rule for state in states for key in RULES for rule in state.get(key, [])
    ]


def test_deploy_model_is_short() -> None:
    text = (ROOT / "statemachine" / "deploy_model.asl.json").read_text()
    # A separate state machine for shadow tests would need the same variables and error handling.
    assert len(text.splitlines()) <= 610


@pytest.mark.parametrize("task", TASKS)
def test_task_retries_by_one_of_two_blocks(task: str) -> None:
    busy = [CHANGE_AN_ENDPOINT[task]] if task in CHANGE_AN_ENDPOINT else []
    assert TASKS[task]["Retry"] == busy + SERVICE_ERRORS
