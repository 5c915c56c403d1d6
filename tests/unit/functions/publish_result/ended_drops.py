"""A drop for each result, for the golden files and docs/notifications.md."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from compare_answers.rejection import rejection_of
from model_packager.error_message import Remedy, joined
from model_packager.model_warnings import ModelWarning, WarningCode
from model_packager.spec.load_profile import LoadPoint
from model_packager.spec.operation_spec import Rollout
from model_packager.spec.yaml.lines import PASTE
from model_packager.stored import (
    CaughtError,
    PoolChange,
    ShadowComparison,
    Source,
    VariantTraffic,
)
from publish_result.notification import Notification, build_notification
from tests.smoke_results import CAT
from tests.unit.functions import samples
from tests.unit.functions.samples import (
    ACCOUNT,
    DEPLOYMENT,
    ENDPOINT,
    LATER,
    OLDER,
    REGION,
    VERSION,
    signature,
    source,
    tensor,
)
from workflow.contracts.deploy_model import Ending, PublishResultInput
from workflow.failures.input_dims import WrongDims
from workflow.notify.message import LiveState
from workflow.outcome import outcome_of

PING = "The primary container for production variant primary did not pass the ping health check."
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:modeldrop-deploy-model:9c1e5b7a"
OTHER_EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:modeldrop-deploy-model:0b2f6d4e"
DROP = source("0f343b0931126a20f133d67c2b018a3b").model_copy(
    update={
        "dropped_by": "user/ann",
        "git_commit": "9b1dcf4a6c2e01f27f7f0c3c2b4a5d6e7f809112",
    }
)
SINCE = {
    VERSION: datetime(2026, 8, 1, 15, 16, 2, tzinfo=UTC),
    OLDER: datetime(2026, 7, 31, 8, 4, 41, tzinfo=UTC),
    LATER: datetime(2026, 8, 1, 15, 15, 57, tzinfo=UTC),
}
NUMBERS = {OLDER: 3, VERSION: 4, LATER: 5}
TIMINGS = {"Inspect Model": 0.412, "Package Model": 3.0, "Wait": 180.5}
SMOKE = CAT.model_copy(update={"top": CAT.top[:2]})
LOAD = tuple(
    LoadPoint(
        concurrency=clients,
        request_format=request_format,
        requests=int(rate * 5),
        requests_per_second=rate,
        items_per_second=rate,
        p50_ms=p95 - 4,
        p90_ms=p95 - 1,
        p95_ms=p95,
        p99_ms=p95 + 6.5,
        request_bytes=request_bytes,
        response_bytes=4_150,
    )
    for clients, request_format, rate, p95, request_bytes in (
        (1, "binary", 42.2, 25.1, 602_286),
        (4, "binary", 121.8, 38.4, 602_286),
        (8, "binary", 130.2, 71.9, 602_286),
        (1, "json", 5.8, 181.2, 3_104_117),
    )
)
WARNING = ModelWarning(
    code=WarningCode.FLOAT64_WEIGHTS,
    cause="The model has float64 weights.",
    fix="Call `model.float()` before you export it.",
)
COMPARISON = ShadowComparison(
    live_version=OLDER,
    sample_percent=20,
    hours=2,
    compared=1864,
    agreeing=1851,
    differences=("OUTPUT__0: 7 of 1,000 values differ, for example 0.3 instead of 0.2 at [0, 3]",),
    complete=True,
    live=VariantTraffic(requests=9410, failed=0, mean_ms=18.1, p50_ms=17.2, p95_ms=31.5),
    shadow=VariantTraffic(requests=1870, failed=0, mean_ms=17.9, p50_ms=17.0, p95_ms=30.2),
)
DIFFERENT = COMPARISON.model_copy(update={"agreeing": 1402})
RECOVERED_ERROR = CaughtError(
    state="Check Endpoint",
    error="CapacityShort",
    cause="AWS currently has no capacity for ml.g4dn.xlarge.\n"
    "Fix: No action needed: the next instance type was tried.",
)
REPORT = f"s3://artifacts/_reports/resnet/{VERSION}.html"
RECORD = f"s3://artifacts/resnet/{VERSION}/deployment.json"
SERVABLE = samples.SERVABLE.model_copy(
    update={
        "signature": signature((tensor("INPUT__0", 3, 224, 224),), (tensor("OUTPUT__0", 1000),))
    }
)
WARNED = SERVABLE.model_copy(update={"warnings": (WARNING,)})


def failure(
    state: str,
    error: str,
    cause: str,
    fix: str,
    evidence: str = "",
    remedy: Remedy | None = None,
) -> CaughtError:
    """Return an error as Lambda reports it to Step Functions."""
    payload = {"errorMessage": joined(cause, fix, evidence, remedy), "errorType": error}
    return CaughtError(state=state, error=error, cause=json.dumps(payload))


def ended(
    error: CaughtError | None = None,
    live: str | None = None,
    model: str | None = "resnet",
    **changed: Any,
) -> Notification:
    """Return the notification of a drop, which succeeded unless there is an error."""
    fields: dict[str, Any] = {
        "source": DROP,
        "execution_arn": EXECUTION,
        "deployment": DEPLOYMENT.model_copy(update={"number": NUMBERS[VERSION]}),
        "servable": SERVABLE,
        "smoke": None if error else SMOKE,
        "failure": error,
        "recovered_errors": [],
        "restoring": False,
        "superseded_version": None,
        "superseded_number": None,
        "shadow_comparison": None,
        "pool_change": None,
        "remaining": [],
    }
    return build_notification(
        PublishResultInput(
            ending=Ending.model_validate(fields | changed),
            record_uri=None if error else RECORD,
            report_uri=None if error and error.error == "DuplicateDrop" else REPORT,
        ),
        outcome_of(error),
        model=model,
        endpoint=ENDPOINT if model else None,
        live=LiveState(live, SINCE[live], f"v{NUMBERS[live]}") if live else LiveState(),
        region=REGION,
        timings=TIMINGS,
    )


UNINSPECTED: dict[str, Any] = {"deployment": None, "servable": None}
AT_SMOKE_TEST = failure(
    "Smoke Test",
    "SmokeTestFailed",
    "The output OUTPUT__0 is FP16, but its declared dtype is FP32.",
    f"{PASTE}\noutputs:\n  - {{name: OUTPUT__0, dtype: FP16, dims: [1000]}}",
    remedy=Remedy.CORRECT_SPEC,
)
ROLLED_BACK = failure(
    "Check Endpoint",
    "EndpointRolledBack",
    "The instance is out of memory.",
    "In deploy.yaml, set an endpoint.instance_type with more memory. Then upload the model again.",
    f"{ENDPOINT} is InService with {ENDPOINT}-{OLDER}. SageMaker reports: {PING} The container's "
    "log shows: std::bad_alloc",
    Remedy.CORRECT_SPEC,
)
BY_ALARM = failure(
    "Check Endpoint",
    "EndpointRolledBack",
    f"The alarm {ENDPOINT}-errors fired while the canary received a part of the traffic, and "
    f"SageMaker rolled back to {OLDER}.",
    "Check the container's log for rejected requests, then upload the model again.",
)
WRONG_DIMS = WrongDims(
    "INPUT__0", (5,), (8,), "inputs:\n  - {name: INPUT__0, dtype: FP32, dims: [8]}"
)

POOL_CHANGE = PoolChange(
    before="1 x ml.c5.large with Triton 26.05",
    after="2 x ml.c5.large with Triton 26.05",
    contradicted_by=("cats",),
)

DROPS = {
    "SUCCEEDED": ended(
        live=VERSION,
        recovered_errors=[RECOVERED_ERROR],
        servable=WARNED,
        superseded_version=OLDER,
        superseded_number=NUMBERS[OLDER],
    ),
    "SUCCEEDED_FIRST_VERSION": ended(
        live=VERSION,
        smoke=SMOKE.model_copy(update={"input": "random data", "golden": "none", "top": []}),
    ),
    "SUCCEEDED_UNDER_LOAD": ended(
        live=VERSION,
        smoke=SMOKE.model_copy(update={"load": LOAD, "limits": {"p95_ms": 50}}),
        superseded_version=OLDER,
        superseded_number=NUMBERS[OLDER],
    ),
    "SUCCEEDED_AFTER_SHADOW_TEST": ended(
        live=VERSION,
        superseded_version=OLDER,
        superseded_number=NUMBERS[OLDER],
        shadow_comparison=COMPARISON,
    ),
    "FAILED_SHADOW_TEST": ended(
        rejection_of(DIFFERENT, Rollout(strategy="shadow")),
        live=OLDER,
        smoke=SMOKE,
        shadow_comparison=DIFFERENT,
    ),
    "SUCCEEDED_WITH_POOL_CHANGE": ended(live=VERSION, pool_change=POOL_CHANGE),
    "FAILED_POOL_CHANGE": ended(AT_SMOKE_TEST, live=OLDER, pool_change=POOL_CHANGE),
    "SUCCEEDED_RESTORED": ended(
        live=VERSION, restoring=True, superseded_version=LATER, superseded_number=NUMBERS[LATER]
    ),
    "FAILED": ended(AT_SMOKE_TEST, remaining=[f"endpoint {ENDPOINT}"], servable=WARNED),
    "FAILED_MODEL_REJECTED": ended(
        failure(
            "Inspect Model",
            "ModelRejected",
            "The file is a state_dict: it has the weights without the code that Triton needs.",
            "Export the model with torch.jit.trace or torch.jit.script, and upload the result.",
        ),
        OLDER,
        **UNINSPECTED,
    ),
    "FAILED_SPEC_REJECTED": ended(
        failure(
            "Inspect Model",
            "SpecRejected",
            "deploy.yaml has the unknown key endpoint.instance_typ.",
            "Use endpoint.instance_type.",
        ),
        OLDER,
        **UNINSPECTED,
    ),
    "FAILED_NO_NAME": ended(
        failure(
            "Inspect Model",
            "ModelRejected",
            "The folder 'my cat' in the key 'my cat/model.pt' is not a valid model name.",
            "Name the folder with letters, digits, '-', '_' and '.', and upload it again.",
        ),
        model=None,
        source=Source(bucket="drops", key="my cat/model.pt", etag="abc"),
        **UNINSPECTED,
    ),
    "FAILED_ENDPOINT": ended(
        failure(
            "Check Endpoint",
            "EndpointFailed",
            "The model uses the operator torch_cluster::knn, which Triton's image does not have.",
            "Export the model without it, then upload the model again.",
            f"SageMaker reports: {PING} The container's log shows: Unknown builtin op: "
            "torch_cluster::knn",
            Remedy.RUN_MODEL,
        ),
    ),
    "FAILED_WRONG_DIMS": ended(
        failure(
            "Check Endpoint",
            "EndpointFailed",
            WRONG_DIMS.cause,
            WRONG_DIMS.fix,
            f"SageMaker reports: {PING} The container's log shows: failed to run warmup sample "
            "'batch of 1': PyTorch execute failure: RuntimeError: mat1 and mat2 shapes cannot be "
            "multiplied (1x5 and 8x3)",
            Remedy.CORRECT_SPEC,
        ),
    ),
    "FAILED_NAN": ended(
        failure(
            "Smoke Test",
            "SmokeTestFailed",
            "2 of the 2 values of the output OUTPUT__0 are NaN or infinite.",
            "Check for an overflow (half precision?) or for weights that were not loaded, then "
            "export the model again and upload it.",
            remedy=Remedy.RUN_MODEL,
        ),
    ),
    "FAILED_GOLDEN": ended(
        failure(
            "Smoke Test",
            "SmokeTestFailed",
            "The golden sample expects class 282 in the top 1 of OUTPUT__0; the model's top 1 is "
            "[281].",
            "If the model is right, correct sample/expected.json. Otherwise check the picture's "
            "preprocessing (smoke_test.picture in deploy.yaml) and the weights.",
            remedy=Remedy.COMPARE_OUTPUTS,
        ),
        OLDER,
    ),
    "FAILED_QUOTA": ended(
        failure(
            "Check Endpoint",
            "EndpointFailed",
            "An account quota is exhausted.",
            "Request an increase under Service Quotas, Amazon SageMaker.",
            "SageMaker reports: ResourceLimitExceeded",
            Remedy.CHECK_ACCOUNT,
        ),
    ),
    "FAILED_SAMPLE": ended(
        failure(
            "Smoke Test",
            "SmokeTestFailed",
            "sample/expected.json is invalid: top_class: Input should be a valid integer.",
            "Correct the class in sample/expected.json, then upload the model again.",
            remedy=Remedy.CORRECT_SAMPLE,
        ),
    ),
    "FAILED_PIPELINE": ended(
        CaughtError(state="Package Model", error="States.Timeout", cause=""), OLDER
    ),
    "FAILED_RESTORE": ended(AT_SMOKE_TEST, LATER, restoring=True),
    "ROLLED_BACK": ended(ROLLED_BACK, OLDER),
    "ROLLED_BACK_BY_ALARM": ended(BY_ALARM, OLDER),
    "SUPERSEDED": ended(
        failure(
            "Create Endpoint",
            "SupersededDrop",
            f"The later version {LATER} is live on {ENDPOINT}, so {VERSION} does not replace it.",
            "No action needed. To deploy this model anyway, upload it again.",
        ),
        LATER,
    ),
    "DUPLICATE": ended(
        failure(
            "Inspect Model",
            "DuplicateDrop",
            f"The execution {OTHER_EXECUTION} already deploys this drop (version {VERSION}).",
            "No action needed: that execution reports the result.",
        ),
        VERSION,
        **UNINSPECTED,
    ),
}
"""The notifications by the name of the golden file."""
