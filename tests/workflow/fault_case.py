"""What a row of docs/faults.md is made of.

A story is the life of one model: executions one after the other, each under its faults. What a step
expects is asserted by test_fault_matrix.py, and put into words by scripts/write_faults_page.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modeldrop.local.ministack.injected_faults import AwsFault, LambdaFault
from modeldrop.local.sagemaker.faults import ApiFault, EndpointFault

Fault = LambdaFault | AwsFault | ApiFault | EndpointFault


@dataclass(frozen=True)
class Ending:
    """How an execution ends, and what the notification says of it.

    Attributes:
        status: of the notification; None: nobody could be told.
        state: where it failed.
        error: its name.
        says: a piece of the cause.
        execution: Step Functions' own word.
    """

    status: str | None = "SUCCEEDED"
    state: str | None = None
    error: str | None = None
    says: str = ""
    execution: str = "SUCCEEDED"


@dataclass(frozen=True)
class Step:
    """One execution, its faults, and what is to come of it.

    Attributes:
        fault: in words, for the table; empty where nothing goes wrong.
        where: what it hits, in words.
        does: drop a model, put a deploy.yaml alone, or restore the first version.
        factor: what the model multiplies by, in Python.
        spec: lines of deploy.yaml beside those of inputs and outputs.
        golden: what the sample expects of ones; None: there is no sample.
        faults: as ordered, without the model's name.
        ends: how it ends.
        serves: what the endpoint makes of 1 afterwards; None: there is no endpoint.
        attempts: the errors of states' failed attempts; other errors, such as EndpointBusy, and
            other states are not looked at.
        recovered_errors: the states that the notification names as recovered_errors.
        untouched: production was not changed for a moment.
        incomplete: Roll Back could not do its work, and the notification lists the rest.
        told: the most notifications that may come.
        clients: whether a client sends requests meanwhile.
    """

    fault: str = ""
    where: str = ""
    does: Literal["drop", "redeploy", "restore"] = "drop"
    factor: str = "2"
    spec: str = ""
    golden: float | None = None
    faults: tuple[Fault, ...] = ()
    ends: Ending = Ending()
    serves: float | None = 2
    attempts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recovered_errors: tuple[str, ...] = ()
    untouched: bool = False
    incomplete: bool = False
    told: int = 1
    clients: bool = False


@dataclass(frozen=True)
class Story:
    """The life of one model; its name is the model's."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Elsewhere:
    """A row that another test proves."""

    fault: str
    where: str
    sees: str
    serves: str
    remains: str
    test: str


def failed(state: str, error: str, says: str, status: str = "FAILED") -> Ending:
    """Give the ending of a deployment that failed."""
    return Ending(status, state, error, says, "FAILED")


def of_state(state: str) -> str:
    """Give a piece of the name of a state's function."""
    return f"{state.replace(' ', '')}Function"
