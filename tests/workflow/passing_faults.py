"""Faults that pass: an attempt fails, the next one does not, and users see nothing of it."""

from __future__ import annotations

from dataclasses import dataclass

from modeldrop.local.ministack.injected_faults import AwsFault, FaultKind, LambdaFault, Service
from modeldrop.local.sagemaker.faults import ApiFault, EndpointFault
from tests.workflow.fault_case import Ending, Fault, Step, Story, failed, of_state

AT_FIRST = (
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
"""The states of a drop that is tested in staging, on the second instance type of its ladder."""

SCARCE = EndpointFault(
    kind="insufficient_capacity", instance_type="ml.g4dn.xlarge", seconds=3, times=None
)
"""Known after the first look, which therefore returns: a fault after the work needs that."""
LADDER = "endpoint: {fallback_instance_types: [ml.g5.xlarge]}\n"
STAGED = "rollout: {staging: true}\n"
TOO_STRICT = "smoke_test: {max_p50_ms: 0.001}\n"
AUTOSCALED = "autoscaling: {max_instances: 2, invocations_per_instance: 100}\n"
GUARDED = "rollout: {strategy: canary, wait_seconds: 0}\n"


def of_lambda(name: str, words: str, kind: FaultKind, error: str) -> Story:
    """Once at every Task state: a drop, a redeployment that fails its test, a restored version."""

    def once(*states: str) -> tuple[Fault, ...]:
        return tuple(LambdaFault(kind=kind, function_contains=of_state(s)) for s in states)

    return Story(
        name,
        (
            Step(
                words,
                "every state of a drop with staging and a ladder of instance types",
                spec=STAGED + LADDER,
                faults=(SCARCE, *once(*AT_FIRST)),
                recovered_errors=("Check Endpoint",),
                attempts=dict.fromkeys(AT_FIRST, (error,)),
                told=2 if kind.endswith("after") else 1,
            ),
            Step(
                words,
                "Find Model and Roll Back, of a deploy.yaml whose limit is not kept",
                does="redeploy",
                spec=TOO_STRICT,
                faults=once("Find Model", "Roll Back"),
                ends=failed("Smoke Test", "SmokeTestFailed", "max_p50_ms"),
                attempts={"Find Model": (error,), "Roll Back": (error,)},
            ),
            Step(
                words,
                "Restore Version, of the version that serves",
                does="restore",
                faults=once("Restore Version"),
                ends=Ending("DUPLICATE", "Create Endpoint", "DuplicateDrop", "serves already"),
                attempts={"Restore Version": (error,)},
            ),
        ),
    )


LAMBDA = (
    of_lambda(
        "dead-before", "A Lambda crashes before its work", "crash_before", "Runtime.ExitError"
    ),
    of_lambda("dead-after", "A Lambda crashes after its work", "crash_after", "Runtime.ExitError"),
    of_lambda(
        "late-before", "A Lambda times out before its work", "time_out_before", "Sandbox.Timedout"
    ),
    of_lambda(
        "late-after", "A Lambda times out after its work", "time_out_after", "Sandbox.Timedout"
    ),
    of_lambda(
        "throttled-lambda", "Lambda throttles", "throttle", "Lambda.TooManyRequestsException"
    ),
    of_lambda(
        "faulty-lambda",
        "Lambda has an error of its own",
        "service_error",
        "Lambda.ServiceException",
    ),
)


@dataclass(frozen=True)
class Refusal:
    """How a call fails that goes well when it is repeated."""

    name: str
    words: str
    code: str
    status: int
    after: bool = False

    def sagemaker(self, *operations: str) -> tuple[Fault, ...]:
        """Order it for the next call of each operation; Application Auto Scaling's as well."""
        return tuple(
            ApiFault(operation=each, error=self.code, status=self.status, after=self.after)
            for each in operations
        )

    def of(self, state: str, service: Service, *operations: str) -> tuple[Fault, ...]:
        """Order it for the next call that a state makes of each operation."""
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

    def step(self, faults: tuple[Fault, ...], factor: str = "2", spec: str = "") -> Step:
        """Make a drop under these faults."""
        calls = [each.operation for each in faults if isinstance(each, AwsFault | ApiFault)]
        return Step(
            self.words,
            ", ".join(dict.fromkeys(calls)),
            factor=factor,
            spec=spec,
            faults=faults,
            serves=float(factor),
            told=2 if self.after else 1,
        )


def of_calls(how: Refusal) -> tuple[Story, ...]:
    """The calls of the states, in two lives: a state is tried again six times, and no more."""
    plain = Story(
        f"{how.name}-plain",
        (
            how.step(
                (
                    *how.of("Inspect Model", "s3", "HeadObject", "GetObject", "PutObject"),
                    *how.sagemaker("CreateModel", "CreateEndpointConfig", "CreateEndpoint"),
                    *how.sagemaker("DescribeEndpoint", "InvokeEndpoint", "ListModels"),
                    *how.of("Record Deployment", "s3", "PutObject"),
                )
            ),
            how.step(
                (
                    *how.sagemaker("ListTags", "DeleteTags", "UpdateEndpoint"),
                    *how.of("Publish Result", "sns", "Publish"),
                ),
                factor="3",
            ),
        ),
    )
    rich = Story(
        f"{how.name}-rich",
        (
            how.step(
                (
                    *how.of("Package Model", "s3", "CreateMultipartUpload", "UploadPart"),
                    *how.of("Package Model", "s3", "CompleteMultipartUpload"),
                    *how.sagemaker("DeleteEndpoint", "RegisterScalableTarget"),
                    *how.sagemaker("PutScalingPolicy", "ListEndpointConfigs"),
                ),
                spec="package: tar.gz\n" + STAGED + AUTOSCALED,
            ),
            how.step(
                (
                    *how.of("Create Endpoint", "cloudwatch", "PutMetricAlarm"),
                    *how.of("Record Deployment", "cloudwatch", "DeleteAlarms"),
                    *how.sagemaker("AddTags", "DescribeScalableTargets"),
                    *how.sagemaker("DeregisterScalableTarget"),
                ),
                factor="3",
                spec=GUARDED,
            ),
        ),
    )
    return plain, rich


CALLS = (
    *of_calls(Refusal("slow-down", "AWS throttles a call", "ThrottlingException", 400)),
    *of_calls(Refusal("500", "AWS answers 500", "InternalFailure", 500)),
    *of_calls(
        Refusal("500-after", "AWS answers 500 after it has done it", "InternalFailure", 500, True)
    ),
)

STORIES = (*LAMBDA, *CALLS)
