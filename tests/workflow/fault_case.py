"""Data of a row of docs/faults.md.

A case is a sequence of executions for one model, each with its faults. test_fault_matrix.py asserts
the expectations of each step, and scripts/write_faults_page.py describes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modeldrop.local.ministack.injected_faults import AwsFault, LambdaFault
from modeldrop.local.sagemaker.faults import ApiFault, EndpointFault

Fault = LambdaFault | AwsFault | ApiFault | EndpointFault


@dataclass(frozen=True)
class Expected:
    """Expected outcome of an execution and its notification.

    Attributes:
        status: the status in the notification.
        state: the state that failed; None after success, and if Publish Result could not publish.
        error: name of the error.
        cause: part of the cause.
        execution: status of the Step Functions execution.
    """

    status: str = "SUCCEEDED"
    state: str | None = None
    error: str | None = None
    cause: str = ""
    execution: str = "SUCCEEDED"


@dataclass(frozen=True)
class Step:
    """One execution, its faults, and its expected outcome.

    Attributes:
        fault: description for the table; empty for a step without a fault.
        where: description of the affected states or calls.
        action: drop a model, upload only a deploy.yaml, or restore the first version.
        factor: Python expression of the factor that the model multiplies by.
        spec: further lines of deploy.yaml, after inputs and outputs.
        rollout: its key in deploy.yaml. Most cases are about the live endpoint, without staging.
        golden: expected output of the golden sample, whose input is ones; None: no sample.
        faults: faults to inject, without the model's name.
        expected: expected outcome.
        returns: output of the endpoint for input 1 afterwards; None: no endpoint.
        attempts: expected errors of failed attempts, by state. Other errors, such as EndpointBusy,
            and other states are ignored.
        recovered_errors: states in the notification's recovered_errors.
        untouched: the live endpoint did not change at all.
        incomplete: Roll Back failed, and the notification lists the remaining resources.
        max_notifications: upper limit of notifications.
        clients: whether a client sends requests meanwhile.
    """

    fault: str = ""
    where: str = ""
    action: Literal["drop", "redeploy", "restore"] = "drop"
    factor: str = "2"
    spec: str = ""
    rollout: str = "{staging: false}"
    golden: float | None = None
    faults: tuple[Fault, ...] = ()
    expected: Expected = Expected()
    returns: float | None = 2
    attempts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recovered_errors: tuple[str, ...] = ()
    untouched: bool = False
    incomplete: bool = False
    max_notifications: int = 1
    clients: bool = False


@dataclass(frozen=True)
class FaultCase:
    """A sequence of executions for one model; its name is the model's name.

    Attributes:
        neighbor: another model. The model shares a pool of the case's name with it, from the first
            step that succeeds on. None: the model has an endpoint of its own.
    """

    name: str
    steps: tuple[Step, ...]
    neighbor: str | None = None


@dataclass(frozen=True)
class OtherTest:
    """A row that another test asserts."""

    fault: str
    where: str
    users_see: str
    live_version: str
    left_behind: str
    test: str


def failed(state: str, error: str, cause: str, status: str = "FAILED") -> Expected:
    """Expected outcome of a deployment that fails."""
    return Expected(status, state, error, cause, "FAILED")


def of_state(state: str) -> str:
    """Part of the name of a state's function."""
    return f"{state.replace(' ', '')}Function"
