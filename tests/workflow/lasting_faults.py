"""Faults that last: the deployment fails, somebody is told why, and what served serves on."""

from __future__ import annotations

from dataclasses import replace

from modeldrop.local.ministack.injected_faults import AwsFault, LambdaFault, Service
from modeldrop.local.sagemaker.faults import ApiFault, EndpointFault
from tests.workflow.conftest import ENDPOINT_TIMEOUT_SECONDS
from tests.workflow.fault_case import Ending, Step, Story, failed, of_state
from tests.workflow.passing_faults import LADDER, SCARCE, STAGED

CRASHED = "Runtime.ExitError"
INFINITE = "float('inf')"
FAILS_ON_ONE = "2 // int(each.flat[0] != 1)"  # a client's request, and not Triton's warm-up
FIRST = Step()


def crashing(state: str) -> Step:
    """The function of a state crashes as often as it is called, for a new model."""
    fault = LambdaFault(kind="crash_before", function_contains=of_state(state), times=None)
    return Step(
        "A Lambda crashes each time",
        state,
        faults=(fault,),
        ends=failed(state, CRASHED, "Runtime exited with error"),
        serves=None,
        attempts={state: (CRASHED, CRASHED)},
    )


def forbidden(state: str, operation: str, service: Service | None = None) -> Step:
    """A call of a state is refused as often as it is made, at an update."""
    refusal: ApiFault | AwsFault = ApiFault(
        operation=operation, error="AccessDeniedException", message="not authorized", times=None
    )
    if service is not None:
        refusal = AwsFault(
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
        faults=(refusal,),
        ends=failed(state, "AwsRefused", "AccessDenied"),
        attempts={state: ("AwsRefused",)},
    )


def endpoint(fault: EndpointFault, words: str, ends: Ending) -> Step:
    """The endpoint itself does not do as it should."""
    return Step(words, "the endpoint", faults=(fault,), ends=ends, serves=None)


NEW = tuple(
    Story(f"dies{number}", (crashing(state),))
    for number, state in enumerate(
        (
            "Inspect Model",
            "Package Model",
            "Create Model",
            "Create Endpoint Config",
            "Create Endpoint",
            "Check Endpoint",
            "Smoke Test",
            "Record Deployment",
        )
    )
)
UPDATE = (
    Story(
        "denied-early",
        (
            FIRST,
            forbidden("Inspect Model", "GetObject", "s3"),
            forbidden("Package Model", "PutObject", "s3"),
            forbidden("Create Model", "CreateModel"),
            forbidden("Create Endpoint Config", "CreateEndpointConfig"),
        ),
    ),
    Story(
        "denied-late",
        (
            FIRST,
            forbidden("Create Endpoint", "UpdateEndpoint"),
            replace(crashing("Check Endpoint"), factor="3", serves=2),
            forbidden("Smoke Test", "InvokeEndpoint"),
            forbidden("Record Deployment", "PutObject", "s3"),
        ),
    ),
)
AFTER_THE_VERDICT = (
    Story(
        "afterwards",
        (
            replace(
                crashing("Scale Endpoint"),
                ends=Ending(),
                serves=2,
                recovered_errors=("Scale Endpoint",),
            ),
            replace(
                forbidden("Remove Old Versions", "ListModels"),
                ends=Ending(),
                serves=3,
                recovered_errors=("Remove Old Versions",),
            ),
            replace(
                crashing("Write Report"),
                factor="4",
                ends=Ending(),
                serves=4,
                recovered_errors=("Write Report",),
            ),
        ),
    ),
)
BESIDE = (
    Story(
        "no-next-type",
        (
            replace(
                crashing("Next Instance Type"),
                spec=LADDER,
                faults=(SCARCE, *crashing("Next Instance Type").faults),
                recovered_errors=("Check Endpoint",),
            ),
        ),
    ),
    Story("no-leave", (replace(crashing("Delete Staging Endpoint"), spec=STAGED),)),
)
ROLL_BACK_AND_TELLING = (
    Story(
        "stuck",
        (
            FIRST,
            replace(
                crashing("Roll Back"),
                factor=INFINITE,
                ends=failed("Smoke Test", "SmokeTestFailed", "NaN or infinite"),
                serves=float("inf"),
                incomplete=True,
            ),
        ),
    ),
    Story(
        "untold",
        (
            replace(
                forbidden("Publish Result", "Publish", "sns"),
                factor="2",
                ends=Ending(None, None, "AwsRefused", "The model is live, and nobody", "FAILED"),
            ),
            replace(
                forbidden("Publish Result", "Publish", "sns"),
                factor=INFINITE,
                ends=Ending(None, None, "SmokeTestFailed", "NaN or infinite", "FAILED"),
            ),
        ),
    ),
)

NO_IMAGE = EndpointFault(kind="fail", reason="The role has no access to the image.")
ROLLS_BACK = EndpointFault(kind="roll_back", reason="Nobody knows why.")
HANGS = EndpointFault(kind="hang", seconds=ENDPOINT_TIMEOUT_SECONDS + 3)
SHORT_OF_ALL = EndpointFault(kind="insufficient_capacity", times=None)
SLOW = EndpointFault(kind="slow_response", seconds=0.3, times=None)
NO_TYPE = failed("Next Instance Type", "EndpointFailed", "AWS has no capacity of ml.g4dn.xlarge")
NOT_FINITE = failed("Smoke Test", "SmokeTestFailed", "NaN or infinite")
TOO_SLOW = failed("Smoke Test", "SmokeTestFailed", "smoke_test.max_p95_ms is 250")
WRONG = failed("Smoke Test", "SmokeTestFailed", "differ from the golden sample")
LIMITED = "smoke_test: {max_p95_ms: 250}\n"
WATCHED = (
    "endpoint: {instance_count: 2}\n"
    "rollout: {strategy: canary, size_percent: 50, wait_seconds: 30}\n"
)


def at_update(step: Step, ends: Ending | None = None) -> Step:
    """The same for a model that serves."""
    return replace(
        step, serves=2, factor="3" if step.factor == "2" else step.factor, ends=ends or step.ends
    )


FAILS = endpoint(
    NO_IMAGE, "The endpoint fails to start", failed("Check Endpoint", "EndpointFailed", "no access")
)
SHORT = replace(
    endpoint(SHORT_OF_ALL, "AWS has no capacity, and the spec no other type", NO_TYPE),
    recovered_errors=("Check Endpoint",),
)
NAN = replace(
    endpoint(SLOW, "The model answers NaN or infinity", NOT_FINITE), faults=(), factor=INFINITE
)
SLUGGISH = replace(endpoint(SLOW, "It answers slower than the spec allows", TOO_SLOW), spec=LIMITED)
LADDERED = Step(
    "AWS has no capacity of the first instance type, and the spec names another",
    "the endpoint",
    spec=LADDER,
    faults=(SCARCE,),
    recovered_errors=("Check Endpoint",),
)

ENDPOINT = (
    Story(
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
                    "SageMaker goes back to the version before, and says InService",
                    failed("Check Endpoint", "EndpointRolledBack", "Nobody knows", "ROLLED_BACK"),
                )
            ),
        ),
    ),
    Story(
        "ep-hangs",
        (
            FIRST,
            at_update(
                endpoint(
                    HANGS,
                    "The endpoint hangs in Updating",
                    failed("Check Endpoint", "EndpointTimedOut", "still Updating"),
                )
            ),
        ),
    ),
    Story("ep-scarce", (SHORT, LADDERED, at_update(SHORT))),
    Story("ep-ladder", (FIRST, replace(LADDERED, factor="3", serves=3))),
    Story("ep-answers", (NAN, SLUGGISH, FIRST, at_update(NAN), at_update(SLUGGISH))),
    Story(
        "ep-staging",
        (
            FIRST,
            Step(
                "The answers are not those of the golden sample, with rollout.staging",
                "the endpoint",
                factor="3",
                spec=STAGED,
                golden=4,
                ends=WRONG,
                untouched=True,
            ),
            Step(factor="3", spec=STAGED, golden=3, serves=3),
        ),
    ),
    Story(
        "ep-canary",
        (
            FIRST,
            Step(
                "Half of the new instances' answers are 5XX during a canary",
                "the endpoint",
                factor=FAILS_ON_ONE,
                spec=WATCHED,
                ends=failed("Check Endpoint", "EndpointRolledBack", "alarm", "ROLLED_BACK"),
                clients=True,
            ),
        ),
    ),
)

STORIES = (*ENDPOINT, *UPDATE, *BESIDE, *ROLL_BACK_AND_TELLING, *AFTER_THE_VERDICT, *NEW)
