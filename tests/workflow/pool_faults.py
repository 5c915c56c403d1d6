"""Faults of deployments into a pool, which never affect the other models of the pool."""

from __future__ import annotations

from dataclasses import replace

from modeldrop.local.ministack.injected_faults import FaultKind, LambdaFault
from tests.workflow.executions import FIRST_DEPLOYMENT
from tests.workflow.fault_case import FaultCase, Step, failed, of_state
from tests.workflow.lasting_faults import FAILS, NAN, WRONG, crashing, forbidden
from tests.workflow.passing_faults import CallError

CRASHED, LATE = "Runtime.ExitError", "Sandbox.Timedout"
LOST = CallError(
    "500-after",
    "AWS returns 500 after carrying out the request",
    "InternalFailure",
    500,
    after=True,
)


def once(kind: FaultKind, *states: str) -> tuple[LambdaFault, ...]:
    return tuple(LambdaFault(kind=kind, function_contains=of_state(each)) for each in states)


def in_pool(step: Step) -> Step:
    """Return the same step for a model in a pool, whose endpoint is not touched."""
    return replace(
        step,
        where=f"{step.where}, in a pool",
        factor=step.factor if step.factor != "2" else "3",
        returns=2,
        untouched=True,
    )


def crashing_after(state: str) -> Step:
    """Return a deployment in which a state's function crashes after its work on every call."""
    fault = LambdaFault(kind="crash_after", function_contains=of_state(state), times=None)
    step = crashing(state)
    return replace(step, fault=f"{step.fault}, after its work", faults=(fault,))


CASES = (
    FaultCase(
        "pool-retries",
        (
            Step(
                "A Lambda function crashes after its work",
                "every state of the first drop into a pool",
                faults=once("crash_after", *FIRST_DEPLOYMENT),
                attempts=dict.fromkeys(FIRST_DEPLOYMENT, (CRASHED,)),
                max_notifications=2,
            ),
            Step(
                "A Lambda function times out before its work",
                "every state of an update in a pool",
                factor="3",
                faults=once("time_out_before", *FIRST_DEPLOYMENT),
                attempts=dict.fromkeys(FIRST_DEPLOYMENT, (LATE,)),
                returns=3,
                untouched=True,
            ),
            Step(
                "A Lambda function crashes after its work",
                "Restore Version and Record Deployment, in a pool",
                action="restore",
                faults=once("crash_after", "Restore Version", "Record Deployment"),
                attempts={"Restore Version": (CRASHED,), "Record Deployment": (CRASHED,)},
                untouched=True,
            ),
            Step(
                "A Lambda function crashes after its work",
                "Roll Back, for an output that differs from the golden sample, in a pool",
                factor="4",
                golden=5,
                faults=once("crash_after", "Roll Back"),
                expected=failed("Smoke Test", "SmokeTestFailed", "differ from the golden sample"),
                attempts={"Roll Back": (CRASHED,)},
                untouched=True,
            ),
            replace(
                LOST.step(
                    (
                        *LOST.of("Create Model", "s3", "PutObject"),
                        *LOST.sagemaker("DescribeEndpoint", "InvokeEndpoint"),
                        *LOST.of("Record Deployment", "s3", "PutObject"),
                        *LOST.of("Remove Old Versions", "s3", "DeleteObject"),
                    ),
                    factor="6",
                    spec="smoke_test: {requests: 1}\n",
                ),
                where="the lock, the test and the pointer of a pool (PutObject, DescribeEndpoint, "
                "InvokeEndpoint, DeleteObject)",
                golden=6,
                untouched=True,
            ),
        ),
        neighbor="sibling-retries",
    ),
    FaultCase(
        "pool-refusals",
        (
            replace(FAILS, where="the endpoint of a new pool"),
            Step(),
            in_pool(forbidden("Package Model", "CreateMultipartUpload", "s3")),
            in_pool(crashing_after("Create Model")),
            in_pool(crashing("Create Endpoint")),
            in_pool(forbidden("Smoke Test", "InvokeEndpoint")),
            in_pool(crashing_after("Record Deployment")),
            replace(
                in_pool(crashing_after("Record Deployment")),
                where="Record Deployment, in a pool that the drop changes",
                spec="rollout: {staging: false}\nendpoint: {instance_count: 2}\n",
                untouched=False,
            ),
            in_pool(NAN),
            replace(
                in_pool(crashing("Roll Back")),
                factor="4",
                golden=5,
                expected=WRONG,
                incomplete=True,
            ),
        ),
        neighbor="sibling-refusals",
    ),
)
