"""Permanent faults: the deployment fails with a notification, and the live version stays."""

from __future__ import annotations

from dataclasses import replace

from modeldrop.local.ministack.injected_faults import AwsFault, LambdaFault, Service
from modeldrop.local.sagemaker.faults import ApiFault, EndpointFault
from tests.workflow.executions import FIRST_DEPLOYMENT
from tests.workflow.fault_case import Expected, FaultCase, Step, failed, of_state
from tests.workflow.passing_faults import FALLBACK, SCARCE, SHADOWED, STAGED

CRASHED = "Runtime.ExitError"
INFINITE = "float('inf')"
# Fails for a client's request, but not for Triton's warm-up.
FAILS_ON_ONE = "2 // int(each.flat[0] != 1)"
FIRST = Step()


def crashing(state: str) -> Step:
    """Return a first deployment in which a state's function crashes on every call."""
    fault = LambdaFault(kind="crash_before", function_contains=of_state(state), times=None)
    return Step(
        "A Lambda function crashes on every call",
        state,
        faults=(fault,),
        expected=failed(state, CRASHED, "Runtime exited with error"),
        returns=None,
        attempts={state: (CRASHED, CRASHED)},
    )


def forbidden(state: str, operation: str, service: Service | None = None) -> Step:
    """Return an update in which every call of an operation by a state is denied."""
    denial: ApiFault | AwsFault = ApiFault(
        operation=operation, error="AccessDeniedException", message="not authorized", times=None
    )
    if service is not None:
        denial = AwsFault(
            service=service,
            operation=operation,
            caller_contains=of_state(state),
            code="AccessDenied",
            message="not authorized",
            status=403,
            times=None,
        )
    return Step(
        "A permission is missing",
        f"{state} ({operation})",
        factor="3",
        faults=(denial,),
        expected=failed(state, "AwsRefused", "AccessDenied"),
        attempts={state: ("AwsRefused",)},
    )


def endpoint(fault: EndpointFault, words: str, expected: Expected) -> Step:
    """Return a deployment in which the endpoint fails."""
    return Step(words, "the endpoint", faults=(fault,), expected=expected, returns=None)


NEW = tuple(
    FaultCase(f"dies{number}", (crashing(state),))
    for number, state in enumerate(FIRST_DEPLOYMENT[: FIRST_DEPLOYMENT.index("Scale Endpoint")])
)
UPDATE = (
    FaultCase(
        "denied-early",
        (
            FIRST,
            forbidden("Inspect Model", "GetObject", "s3"),
            forbidden("Package Model", "PutObject", "s3"),
            forbidden("Create Model", "CreateModel"),
            forbidden("Create Endpoint Config", "CreateEndpointConfig"),
        ),
    ),
    FaultCase(
        "denied-late",
        (
            FIRST,
            forbidden("Create Endpoint", "UpdateEndpoint"),
            replace(crashing("Check Endpoint"), factor="3", returns=2),
            forbidden("Smoke Test", "InvokeEndpoint"),
            forbidden("Record Deployment", "PutObject", "s3"),
        ),
    ),
)
AFTER_GOING_LIVE = (
    FaultCase(
        "afterwards",
        (
            replace(
                crashing("Scale Endpoint"),
                expected=Expected(),
                returns=2,
                recovered_errors=("Scale Endpoint",),
            ),
            replace(
                forbidden("Remove Old Versions", "ListModels"),
                expected=Expected(),
                returns=3,
                recovered_errors=("Remove Old Versions",),
            ),
            replace(
                crashing("Write Report"),
                factor="4",
                expected=Expected(),
                returns=4,
                recovered_errors=("Write Report",),
            ),
        ),
    ),
)
NEXT_TO = (
    FaultCase(
        "no-next-type",
        (
            replace(
                crashing("Next Instance Type"),
                spec=FALLBACK,
                faults=(SCARCE, *crashing("Next Instance Type").faults),
                recovered_errors=("Check Endpoint",),
            ),
        ),
    ),
    FaultCase(
        "no-leave",
        (
            FIRST,
            replace(
                crashing("Delete Staging Endpoint"),
                factor="3",
                rollout=STAGED,
                returns=2,
                untouched=True,
            ),
        ),
    ),
)
ROLL_BACK_AND_PUBLISH = (
    FaultCase(
        "stuck",
        (
            FIRST,
            replace(
                crashing("Roll Back"),
                factor=INFINITE,
                expected=failed("Smoke Test", "SmokeTestFailed", "NaN or infinite"),
                returns=float("inf"),
                incomplete=True,
            ),
        ),
    ),
    FaultCase(
        "unpublished",
        (
            replace(
                forbidden("Publish Result", "Publish", "sns"),
                factor="2",
                expected=Expected(
                    "FAILED",
                    None,
                    "AwsRefused",
                    "The model is live, but the notification",
                    "FAILED",
                ),
            ),
            replace(
                crashing("Publish Result"),
                factor=INFINITE,
                expected=Expected("FAILED", None, "SmokeTestFailed", "NaN or infinite", "FAILED"),
                returns=2.0,
            ),
        ),
    ),
)

NO_IMAGE = EndpointFault(kind="fail", reason="The role has no access to the image.")
ROLLS_BACK = EndpointFault(kind="roll_back", reason="Nobody knows why.")
# Longer than the timeout, because on a busy computer the workflow may check the endpoint late.
HANGS = EndpointFault(kind="hang")
"""A hang that lasts until the workflow gives up (fault_runner.py)."""
HANGS_ON_ONE_TYPE = HANGS.model_copy(update={"instance_type": "ml.g4dn.xlarge"})
SILENTLY_SHORT = SCARCE.model_copy(update={"reason": "", "seconds": None})
POSSIBLY_SHORT = "Possible capacity shortage"
SHORT_OF_ALL = EndpointFault(kind="insufficient_capacity", times=None)
SLOW = EndpointFault(kind="slow_response", seconds=0.3, times=None)
NO_TYPE = failed("Next Instance Type", "EndpointFailed", "AWS has no capacity for ml.g4dn.xlarge")
NOT_FINITE = failed("Smoke Test", "SmokeTestFailed", "NaN or infinite")
TOO_SLOW = failed("Smoke Test", "SmokeTestFailed", "smoke_test.max_p50_ms is 250")
WRONG = failed("Smoke Test", "SmokeTestFailed", "differ from the golden sample")
LIMITED = "smoke_test: {max_p50_ms: 250, requests: 5}\n"
WATCHED = "{staging: false, strategy: canary, size_percent: 50, wait_seconds: 30}"


def at_update(step: Step, expected: Expected | None = None) -> Step:
    """Return the same step during an update."""
    return replace(
        step,
        returns=2,
        factor="3" if step.factor == "2" else step.factor,
        expected=expected or step.expected,
    )


def staged(step: Step) -> Step:
    """Return the same step during an update with staging. The live endpoint is not touched."""
    where = f"{step.where}, in staging"
    return replace(at_update(step), where=where, rollout=STAGED, untouched=True)


FAILS = endpoint(
    NO_IMAGE, "The endpoint fails to start", failed("Check Endpoint", "EndpointFailed", "no access")
)
SHORT = replace(
    endpoint(SHORT_OF_ALL, "AWS has no capacity, and the spec has no fallback type", NO_TYPE),
    recovered_errors=("Check Endpoint",),
)
NAN = replace(
    endpoint(SLOW, "The model returns NaN or infinity", NOT_FINITE), faults=(), factor=INFINITE
)
SLUGGISH = replace(
    endpoint(SLOW, "The model is slower than the spec allows", TOO_SLOW), spec=LIMITED
)
USES_FALLBACK = Step(
    "AWS has no capacity for the first instance type, and the spec has a fallback type",
    "the endpoint",
    spec=FALLBACK,
    faults=(SCARCE,),
    recovered_errors=("Check Endpoint",),
)

ENDPOINT = (
    FaultCase(
        "ep-starts",
        (
            FAILS,
            FIRST,
            at_update(
                FAILS, failed("Check Endpoint", "EndpointRolledBack", "no access", "ROLLED_BACK")
            ),
            at_update(
                endpoint(
                    ROLLS_BACK,
                    "SageMaker rolls back to the previous version, and reports InService",
                    failed("Check Endpoint", "EndpointRolledBack", "Nobody knows", "ROLLED_BACK"),
                )
            ),
        ),
    ),
    FaultCase(
        "ep-hangs",
        (
            FIRST,
            at_update(
                endpoint(
                    HANGS,
                    "The endpoint hangs in Updating, without a container",
                    failed("Check Endpoint", "EndpointTimedOut", POSSIBLY_SHORT),
                )
            ),
            replace(
                USES_FALLBACK,
                fault="The endpoint hangs without a container, and the spec has a fallback type",
                faults=(HANGS_ON_ONE_TYPE,),
                factor="3",
                returns=3,
            ),
        ),
    ),
    FaultCase("ep-scarce", (SHORT, USES_FALLBACK, at_update(SHORT))),
    FaultCase("ep-fallback", (FIRST, replace(USES_FALLBACK, factor="3", returns=3))),
    FaultCase(
        "ep-silent",
        (
            FIRST,
            at_update(
                endpoint(
                    SILENTLY_SHORT,
                    "AWS has no capacity, and SageMaker rolls back without a FailureReason",
                    failed("Check Endpoint", "EndpointRolledBack", POSSIBLY_SHORT, "ROLLED_BACK"),
                )
            ),
            replace(
                USES_FALLBACK,
                fault="No capacity and no FailureReason, and the spec has a fallback type",
                faults=(SILENTLY_SHORT,),
                factor="3",
                returns=3,
            ),
        ),
    ),
    FaultCase("ep-answers", (NAN, SLUGGISH, FIRST, at_update(NAN), at_update(SLUGGISH))),
    FaultCase(
        "ep-staging",
        (
            FIRST,
            staged(
                replace(
                    endpoint(SLOW, "The output differs from the golden sample", WRONG),
                    faults=(),
                    golden=4,
                )
            ),
            staged(FAILS),
            Step(factor="3", rollout=STAGED, golden=3, returns=3),
        ),
    ),
    FaultCase(
        "ep-shadow",
        (
            FIRST,
            replace(
                endpoint(
                    ROLLS_BACK,
                    "SageMaker does not start the shadow variant, and reports InService",
                    failed("Start Shadow Test", "EndpointFailed", "Nobody knows"),
                ),
                factor="3",
                rollout=SHADOWED,
                returns=2,
            ),
            replace(crashing("Compare Answers"), factor="3", rollout=SHADOWED, returns=2),
        ),
    ),
    FaultCase(
        "ep-canary",
        (
            FIRST,
            Step(
                "The new instances return 5XX for half of the requests during a canary",
                "the endpoint",
                factor=FAILS_ON_ONE,
                spec="endpoint: {instance_count: 2}\n",
                rollout=WATCHED,
                expected=failed("Check Endpoint", "EndpointRolledBack", "alarm", "ROLLED_BACK"),
                clients=True,
            ),
        ),
    ),
)

CASES = (*ENDPOINT, *UPDATE, *NEXT_TO, *ROLL_BACK_AND_PUBLISH, *AFTER_GOING_LIVE, *NEW)
