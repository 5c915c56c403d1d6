"""The data for a row of docs/faults.md.

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
    """The expected outcome of an execution and its notification.

    Attributes:
        status: the status in the notification.
        state: the failed state; None after a success, or if Publish Result could not publish.
        error: the name of the error.
        cause: a part of the cause.
        execution: the status of the Step Functions execution.
    """

    status: str = "SUCCEEDED"
    state: str | None = None
    error: str | None = None
    cause: str = ""
    execution: str = "SUCCEEDED"


@dataclass(frozen=True)
class Step:
    """An execution, its faults, and its expected outcome.

    Attributes:
        fault: a description for the table; empty for a step without a fault.
        where: a description of the affected states or calls.
        action: whether to drop a model, upload only a deploy.yaml, or restore the first version.
        factor: a Python expression for the factor that the model multiplies by.
        spec: other lines of deploy.yaml, after inputs and outputs.
        rollout: the value of the key in deploy.yaml. Most cases update the live endpoint without
            staging.
        golden: the expected output of the golden sample, whose input is ones; None for no sample.
        faults: the faults to inject, without the model's name.
        expected: the expected outcome.
        returns: the output of the endpoint for input 1 afterwards; None for no endpoint.
        attempts: the expected errors of failed attempts, by state. Other errors, such as
            EndpointBusy, and other states are ignored.
        recovered_errors: the states in the notification's recovered_errors.
        untouched: whether the live endpoint must not change.
        incomplete: whether Roll Back fails, and the notification lists the remaining resources.
        max_notifications: the maximum number of notifications.
        clients: whether a client sends requests during the step.
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
    """A sequence of executions for one model, whose name is the name of the case.

    Attributes:
        neighbor: another model in the same pool, which has the name of the case. It is there after
            the first step that succeeds. None if the model has a separate endpoint.
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
    """Return the expected outcome of a deployment that fails."""
    return Expected(status, state, error, cause, "FAILED")


def of_state(state: str) -> str:
    """Return the part of a function's name that identifies its state."""
    return f"{state.replace(' ', '')}Function"
