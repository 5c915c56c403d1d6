"""Transient faults: an attempt fails, the retry succeeds, and the deployment continues."""

from __future__ import annotations

from dataclasses import dataclass

from modeldrop.local.ministack.injected_faults import AwsFault, FaultKind, LambdaFault, Service
from modeldrop.local.sagemaker.faults import ApiFault, EndpointFault
from tests.workflow.fault_case import Expected, Fault, FaultCase, Step, failed, of_state

ALL_STATES = (
    "Inspect Model",
    "Package Model",
    "Create Model",
    "Create Endpoint Config",
    "Create Endpoint",
    "Check Endpoint",
    "Next Instance Type",
    "Smoke Test",
    "Delete Staging Endpoint",
    "Record Deployment",
    "Scale Endpoint",
    "Remove Old Versions",
    "Write Report",
    "Publish Result",
)
"""The states of an update with a staging endpoint and a fallback instance type."""

SCARCE = EndpointFault(
    kind="insufficient_capacity", instance_type="ml.g4dn.xlarge", seconds=3, times=None
)
"""Missing capacity after a delay. The delay lets the first poll return, which a fault after the
work needs."""
FALLBACK = "endpoint: {fallback_instance_types: [ml.g5.xlarge]}\n"
STAGED = "{}"
"""The default rollout, with staging."""
SHADOWED = "{strategy: shadow, hours: 0.001, min_requests: 0}"
IMPOSSIBLE_LIMIT = "smoke_test: {max_p50_ms: 0.001}\n"
AUTOSCALED = "autoscaling: {max_instances: 2, invocations_per_instance: 100}\n"
GUARDED = "{staging: false, strategy: canary, wait_seconds: 0}"


def of_lambda(name: str, words: str, kind: FaultKind, error: str) -> FaultCase:
    """Return a case with the fault once in every Task state.

    Its steps are an update, a redeployment that fails its test, and a restoration.
    """

    def once(*states: str) -> tuple[Fault, ...]:
        return tuple(LambdaFault(kind=kind, function_contains=of_state(s)) for s in states)

    return FaultCase(
        name,
        (
            Step(),
            Step(
                words,
                "Restore Version, for the live version",
                action="restore",
                faults=once("Restore Version"),
                expected=Expected(
                    "DUPLICATE", "Create Endpoint", "DuplicateDrop", "is already live"
                ),
                attempts={"Restore Version": (error,)},
            ),
            Step(
                words,
                "every state of an update with staging and fallback instance types",
                factor="3",
                spec=FALLBACK,
                rollout=STAGED,
                returns=3,
                faults=(SCARCE, *once(*ALL_STATES)),
                recovered_errors=("Check Endpoint",),
                attempts=dict.fromkeys(ALL_STATES, (error,)),
                max_notifications=2 if kind.endswith("after") else 1,
            ),
            Step(
                words,
                "Find Model and Roll Back, for a deploy.yaml with a limit that the model exceeds",
                action="redeploy",
                spec=IMPOSSIBLE_LIMIT,
                faults=once("Find Model", "Roll Back"),
                expected=failed("Smoke Test", "SmokeTestFailed", "max_p50_ms"),
                returns=3,
                attempts={"Find Model": (error,), "Roll Back": (error,)},
            ),
            Step(
                words,
                "Start Shadow Test and Compare Answers, without requests of clients",
                factor="4",
                rollout=SHADOWED,
                returns=4,
                faults=once("Start Shadow Test", "Compare Answers"),
                attempts={"Start Shadow Test": (error,), "Compare Answers": (error,)},
            ),
        ),
    )


LAMBDA = (
    of_lambda(
        "dead-before",
        "A Lambda function crashes before its work",
        "crash_before",
        "Runtime.ExitError",
    ),
    of_lambda(
        "dead-after", "A Lambda function crashes after its work", "crash_after", "Runtime.ExitError"
    ),
    of_lambda(
        "late-before",
        "A Lambda function times out before its work",
        "time_out_before",
        "Sandbox.Timedout",
    ),
    of_lambda(
        "late-after",
        "A Lambda function times out after its work",
        "time_out_after",
        "Sandbox.Timedout",
    ),
    of_lambda(
        "throttled-lambda",
        "Lambda throttles the invocation",
        "throttle",
        "Lambda.TooManyRequestsException",
    ),
    of_lambda(
        "faulty-lambda",
        "Lambda has an internal error",
        "service_error",
        "Lambda.ServiceException",
    ),
)


@dataclass(frozen=True)
class CallError:
    """An error of an AWS call that succeeds on retry."""

    name: str
    words: str
    code: str
    status: int
    after: bool = False

    def sagemaker(self, *operations: str) -> tuple[Fault, ...]:
        """Return faults for the next call of each operation of SageMaker and auto scaling."""
        return tuple(
            ApiFault(operation=each, error=self.code, status=self.status, after=self.after)
            for each in operations
        )

    def of(self, state: str, service: Service, *operations: str) -> tuple[Fault, ...]:
        """Return faults for a state's next call of each operation."""
        return tuple(
            AwsFault(
                service=service,
                operation=each,
                caller_contains=of_state(state),
                code=self.code,
                status=self.status,
                after=self.after,
            )
            for each in operations
        )

    def step(
        self,
        faults: tuple[Fault, ...],
        factor: str = "2",
        spec: str = "",
        rollout: str = "{staging: false}",
    ) -> Step:
        """Return a drop with these faults."""
        calls = [each.operation for each in faults if isinstance(each, AwsFault | ApiFault)]
        return Step(
            self.words,
            ", ".join(dict.fromkeys(calls)),
            factor=factor,
            spec=spec,
            rollout=rollout,
            faults=faults,
            returns=float(factor),
            max_notifications=2 if self.after else 1,
        )


def of_calls(error: CallError) -> tuple[FaultCase, ...]:
    """Return two cases in which each call fails once: a state has at most six retries."""
    plain = FaultCase(
        f"{error.name}-plain",
        (
            error.step(
                (
                    *error.of("Inspect Model", "s3", "HeadObject", "GetObject", "PutObject"),
                    *error.sagemaker("CreateModel", "CreateEndpointConfig", "CreateEndpoint"),
                    *error.sagemaker("DescribeEndpoint", "InvokeEndpoint", "ListModels"),
                    *error.of("Record Deployment", "s3", "PutObject"),
                )
            ),
            error.step(
                (
                    *error.sagemaker("ListTags", "DeleteTags", "UpdateEndpoint"),
                    *error.of("Publish Result", "sns", "Publish"),
                ),
                factor="3",
            ),
        ),
    )
    rich = FaultCase(
        f"{error.name}-rich",
        (
            Step(),
            error.step(
                (
                    *error.of("Package Model", "s3", "CreateMultipartUpload", "UploadPart"),
                    *error.of("Package Model", "s3", "CompleteMultipartUpload"),
                    *error.sagemaker("DeleteEndpoint", "RegisterScalableTarget"),
                    *error.sagemaker("PutScalingPolicy", "ListEndpointConfigs"),
                ),
                factor="3",
                spec="package: tar.gz\n" + AUTOSCALED,
                rollout=STAGED,
            ),
            error.step(
                (
                    *error.of("Create Endpoint", "cloudwatch", "PutMetricAlarm"),
                    *error.of("Record Deployment", "cloudwatch", "DeleteAlarms"),
                    *error.sagemaker("AddTags", "DescribeScalableTargets"),
                    *error.sagemaker("DeregisterScalableTarget"),
                ),
                factor="4",
                rollout=GUARDED,
            ),
        ),
    )
    return plain, rich


CALLS = (
    *of_calls(CallError("slow-down", "AWS throttles a call", "ThrottlingException", 400)),
    *of_calls(CallError("500", "AWS returns 500", "InternalFailure", 500)),
    *of_calls(
        CallError(
            "500-after",
            "AWS returns 500 after carrying out the request",
            "InternalFailure",
            500,
            True,
        )
    ),
)

CASES = (*LAMBDA, *CALLS)
