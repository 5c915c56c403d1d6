"""Faults of batch jobs. They are rows of docs/faults.md, and test_batch_faults.py asserts them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modeldrop.local.ministack.injected_faults import FaultKind, LambdaFault
from modeldrop.local.sagemaker.faults import TransformFault
from tests.workflow.fault_case import Expected, Fault, OtherTest, of_state
from tests.workflow.lasting_faults import CRASHED, crashing, forbidden
from tests.workflow.passing_faults import CallError

if TYPE_CHECKING:
    from collections.abc import Mapping

STATES = (
    "Plan Batch",
    "Encode Inputs",
    "Start Transform",
    "Check Transform",
    "Collect Results",
    "Remove Transform",
    "Publish Batch",
)
"""All Task states of a batch job."""


SUCCEEDED = Expected()
LOST = CallError("", "AWS returns 500 after carrying out the request", "InternalFailure", 500, True)


@dataclass(frozen=True)
class BatchFault:
    """A batch job with three inputs, its faults, and its expected outcome.

    Attributes:
        name: the name of the job.
        fault: a description of the fault for the table.
        where: a description of the affected states or calls.
        faults: the faults to inject, without the model's name.
        expected: the expected outcome.
        results: the number of inputs with a result.
        attempts: the errors of failed attempts, by state.
        remaining: whether the notification lists resources that could not be removed.
        max_notifications: the maximum number of notifications.
    """

    name: str
    fault: str
    where: str
    faults: tuple[Fault | TransformFault, ...]
    expected: Expected = SUCCEEDED
    results: int = 3
    attempts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remaining: bool = False
    max_notifications: int = 1


def everywhere(name: str, fault: str, kind: FaultKind, error: str) -> BatchFault:
    """Return a job with the fault once in each state."""
    return BatchFault(
        name,
        fault,
        "every state of a batch job",
        tuple(LambdaFault(kind=kind, function_contains=of_state(each)) for each in STATES),
        attempts=dict.fromkeys(STATES, (error,)),
        max_notifications=2 if kind.endswith("after") else 1,
    )


def calls(name: str, error: CallError) -> BatchFault:
    """Return a job with the error once in each call."""
    return BatchFault(
        name,
        error.words,
        "CreateModel, CreateTransformJob, DescribeTransformJob, DeleteModel, PutObject and Publish "
        "of a batch job",
        (
            *error.of("Plan Batch", "s3", "PutObject"),
            *error.sagemaker("CreateModel", "CreateTransformJob", "DescribeTransformJob"),
            *error.sagemaker("DeleteModel"),
            *error.of("Publish Batch", "sns", "Publish"),
        ),
        max_notifications=2 if error.after else 1,
    )


def dead(name: str, state: str, *faults: TransformFault, remaining: bool = False) -> BatchFault:
    """Return a job in which a state's function crashes on every call."""
    step = crashing(state)
    return BatchFault(
        name,
        step.fault,
        f"{state} of a batch job",
        (*step.faults, *faults),
        step.expected,
        results=0,
        attempts=step.attempts,
        remaining=remaining,
    )


def without_results(name: str, fault: str, kind: TransformFault, cause: str) -> BatchFault:
    """Return a job whose transform job fails."""
    expected = Expected("FAILED", None, "BatchFailed", cause, "FAILED")
    return BatchFault(name, fault, "the transform job", (kind,), expected, results=0)


DENIED = forbidden("Start Transform", "CreateTransformJob")

CASES = (
    everywhere(
        "dead-after",
        "A Lambda function crashes after its work",
        "crash_after",
        CRASHED,
    ),
    everywhere(
        "late-before",
        "A Lambda function times out before its work",
        "time_out_before",
        "Sandbox.Timedout",
    ),
    calls("slow-down", CallError("", "AWS throttles a call", "ThrottlingException", 400)),
    calls(
        "lost",
        CallError(
            "", "AWS returns 500 after carrying out the request", "InternalFailure", 500, True
        ),
    ),
    BatchFault(
        "denied",
        DENIED.fault,
        "Start Transform of a batch job (CreateTransformJob)",
        DENIED.faults,
        DENIED.expected,
        results=0,
        attempts=DENIED.attempts,
    ),
    dead("no-requests", "Encode Inputs"),
    dead("unchecked", "Check Transform", TransformFault(kind="hang"), remaining=True),
    dead("uncollected", "Collect Results"),
    without_results(
        "unhealthy",
        "The container of the transform job does not become healthy",
        TransformFault(kind="fail"),
        "3 of 3 inputs have no complete result",
    ),
    without_results(
        "scarce",
        "AWS has no capacity for the transform job",
        TransformFault(kind="insufficient_capacity"),
        "3 of 3 inputs have no complete result",
    ),
    BatchFault(
        "one-refused",
        "The container returns 500 for one record, even when it is sent again",
        "the transform job",
        (TransformFault(kind="server_error", object_contains="00001-00000", times=None),),
        Expected("PARTIAL", None, None, "1 of 3 inputs have no complete result"),
        results=2,
    ),
    BatchFault(
        "unremoved",
        "A Lambda function crashes on every call",
        "Remove Transform of a batch job",
        crashing("Remove Transform").faults,
        Expected("PARTIAL", None, None, "could not be removed"),
        attempts={"Remove Transform": (CRASHED, CRASHED)},
        remaining=True,
    ),
    BatchFault(
        "unpublished",
        "A permission is missing",
        "Publish Batch of a batch job (Publish)",
        forbidden("Publish Batch", "Publish", "sns").faults,
        Expected("FAILED", None, "AwsRefused", "the notification could not be sent", "FAILED"),
    ),
)

TEST = "tests/workflow/test_batch_faults.py::test_job_with_a_fault"


def _row(case: BatchFault) -> OtherTest:
    expected = case.expected
    seen = f"`{expected.status}`"
    if expected.state is not None:
        seen += f" at {expected.state}, {expected.error}: “…{expected.cause}…”"
    elif expected.cause:
        seen += f": “…{expected.cause}…”"
    results = {0: "no results", 3: "the results"}.get(case.results, f"{case.results} of 3 results")
    left = f"{results}; the notification lists what remains" if case.remaining else results
    return OtherTest(case.fault, case.where, seen, "unchanged", left, f"{TEST}[{case.name}]")


ROWS = tuple(map(_row, CASES))
