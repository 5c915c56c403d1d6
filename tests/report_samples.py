"""Sample reports of a demo's deployments, of a failure, and with hostile text."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from model_packager.client_code.call import Call
from model_packager.dtype import Dtype
from model_packager.executions.history import StateVisit
from model_packager.latency_statistics import LatencyStatistics
from model_packager.model_warnings import ModelWarning, WarningCode
from model_packager.names.report import report_key
from model_packager.sagemaker.hosting import Hosting
from model_packager.sagemaker.price import InstancePrice, Price
from model_packager.signature import Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.load_profile import LoadPoint
from model_packager.spec.smoke_test_spec import Picture
from model_packager.status import Status
from model_packager.stored import (
    CaughtError,
    Checksum,
    Deployment,
    Live,
    Package,
    Ranking,
    ServableModel,
    ShadowComparison,
    Source,
    VariantTraffic,
)
from tests.smoke_results import CAT
from workflow.contracts.deploy_model import Ending, SpecValue, WriteReportInput
from workflow.outcome import outcome_of
from workflow.report.index_page import index_page
from workflow.report.model_summary import ModelSummary, StoredReport
from workflow.report.summary import ReportSummary
from write_report.report import Report, report_page, summarize
from write_report.thumbnail import thumbnail

if TYPE_CHECKING:
    from collections.abc import Iterable

START = datetime(2026, 11, 25, 11, 59, 26, tzinfo=UTC)
VERSION = "20261125T115926Z-8f7e0894"
BEFORE = "20261118T090211Z-51c0a7d2"
HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7*7 }}"
EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:modeldrop-deploy-model:cat-{}"
PICTURE = Path(__file__).parents[1] / "examples" / "sample" / "input.png"

SIGNATURE = Signature(
    inputs=(Tensor(name="INPUT__0", dtype=Dtype.FP32, dims=(3, 224, 224)),),
    outputs=(Tensor(name="OUTPUT__0", dtype=Dtype.FP32, dims=(1000,)),),
    max_batch_size=8,
)
HOSTING = Hosting(
    image="007439368137.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-tritonserver:26.05-py3",
    instance_type="ml.g4dn.xlarge",
    instance_count=1,
    environment={"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "cat"},
    model_download_timeout_seconds=1800,
    startup_timeout_seconds=900,
)
CONFIG = """\
name: "cat"
platform: "pytorch_libtorch"
max_batch_size: 8
input [
  {
    name: "INPUT__0"
    data_type: TYPE_FP32
    dims: [ 3, 224, 224 ]
  }
]
output [
  {
    name: "OUTPUT__0"
    data_type: TYPE_FP32
    dims: [ 1000 ]
    label_filename: "labels.txt"
  }
]
dynamic_batching { }
"""
LATENCIES = tuple(
    round(6.8 + 0.021 * (n * 37 % 61) + (2.4 if n % 17 == 0 else 0) + (4.1 if n == 90 else 0), 2)
    for n in range(1, 100)
)


def _point(clients: int, rate: float, p95: float, request_format: str = "binary") -> LoadPoint:
    return LoadPoint.model_validate(
        {
            "concurrency": clients,
            "request_format": request_format,
            "requests": round(rate * 5),
            "requests_per_second": rate,
            "items_per_second": rate,
            "p50_ms": round(p95 * 0.86, 1),
            "p90_ms": round(p95 * 0.97, 1),
            "p95_ms": p95,
            "p99_ms": round(p95 * 1.2, 1),
            "request_bytes": 602_286,
            "response_bytes": 4_150,
        }
    )


SMOKE = CAT.model_copy(
    update={
        "requests": 100,
        "first_ms": 181.3,
        "p50_ms": 7.43,
        "p95_ms": 9.88,
        "slowest_ms": 14.6,
        "limits": {"p95_ms": 25},
        "checks": [
            *CAT.checks[:-1],
            "the 95th percentile of the latency is at most 25 ms",
            "no errors with up to 8 concurrent clients",
        ],
        "load": (
            _point(1, 128.4, 9.9),
            _point(2, 236.0, 11.2),
            _point(4, 371.5, 15.8),
            _point(8, 402.9, 29.6),
            _point(1, 8.3, 141.0, "json"),
        ),
    }
)
SPEC_VALUES = (
    SpecValue(key="max_batch_size", value="8", origin="built-in default: the model takes batches"),
    SpecValue(
        key="inputs",
        value='[{"name": "INPUT__0", "dtype": "FP32", "dims": [3, 224, 224]}]',
        origin="inside the file",
    ),
    SpecValue(key="endpoint.instance_type", value="ml.g4dn.xlarge", origin="template default"),
    SpecValue(key="smoke_test.requests", value="100", origin="next to the file"),
    SpecValue(key="smoke_test.max_p95_ms", value="25", origin="next to the file"),
    SpecValue(key="container.environment.API_TOKEN", value="not shown", origin="next to the file"),
)
DEPLOYMENT = Deployment(
    model="cat", version=VERSION, endpoint="modeldrop-cat", execution_arn=EXECUTION.format("1")
)
SERVABLE = ServableModel(
    signature=SIGNATURE,
    spec=DeploySpec(),
    hosting=HOSTING,
    config_pbtxt=CONFIG,
    has_labels=True,
    warnings=(
        ModelWarning(
            code=WarningCode.CPU_DEVICE,
            cause="The model's code names the device cpu.",
            fix="Let the code use the input's device, and export the model again.",
        ),
    ),
)
ENDING = Ending(
    source=Source(
        bucket="modeldrop-dropbucket-1abc",
        key="vision/cat/model.pt",
        etag="9e107d9d372bb682",
        dropped_by="assumed-role/DataScientist/ann@example.com",
        git_commit="9b1dcf4a6c2e01f27f7f0c3c2b4a5d6e7f809112",
    ),
    execution_arn=DEPLOYMENT.execution_arn,
    deployment=DEPLOYMENT,
    servable=SERVABLE,
    smoke=SMOKE,
    failure=None,
    recovered_errors=[
        CaughtError(
            state="Scale Endpoint",
            error="AwsRefused",
            cause=json.dumps(
                {"errorMessage": "AWS refused RegisterScalableTarget.\nFix: Add the permission."}
            ),
        )
    ],
    remaining=[],
    restoring=False,
    superseded_version=BEFORE,
    superseded_number=6,
    shadow_comparison=None,
    pool_change=None,
)
EVENT = WriteReportInput(
    ending=ENDING,
    event_time=START,
    spec_values=SPEC_VALUES,
    package=Package(
        artifact_uri=f"s3://modeldrop-artifactbucket-2def/cat/{VERSION}/model/",
        source_checksum=Checksum(algorithm="CRC64NVME", value="1f3870be274f6c49"),
    ),
    latencies_ms=LATENCIES,
)


def ended(event: WriteReportInput = EVENT, **changed: object) -> WriteReportInput:
    """Return the event with changed fields."""
    return event.model_copy(update={"ending": event.ending.model_copy(update=changed)})


def visits(*states: tuple[str, float], repeat: int = 0) -> list[StateVisit]:
    """Return sequential visits of states, with `repeat` visits of the polling loop."""
    result, now = list[StateVisit](), START
    for state, seconds in states:
        rounds = repeat if state == "Wait for Endpoint" else 1
        for _round in range(rounds):
            steps = [(state, seconds)]
            if state == "Wait for Endpoint":
                steps.append(("Check Endpoint", 0.2))
            for name, took in steps:
                result.append(StateVisit(name, now, now + timedelta(seconds=took)))
                now += timedelta(seconds=took)
    return result


ALL_STATES = visits(
    ("Inspect Model", 1.1),
    ("Package Model", 4.2),
    ("Create Model", 0.9),
    ("Create Endpoint Config", 0.6),
    ("Create Endpoint", 0.8),
    ("Wait for Endpoint", 5.0),
    ("Smoke Test", 41.3),
    ("Record Deployment", 0.7),
    ("Scale Endpoint", 1.3),
    ("Remove Old Versions", 0.6),
    repeat=38,
)
UNTIL_THE_TEST = visits(
    ("Inspect Model", 1.0),
    ("Package Model", 3.9),
    ("Create Model", 0.7),
    ("Create Endpoint Config", 0.5),
    ("Create Endpoint", 0.7),
    ("Wait for Endpoint", 5.0),
    ("Smoke Test", 6.4),
    ("Roll Back", 1.2),
    repeat=30,
)
WRONG = CaughtError(
    state="Smoke Test",
    error="SmokeTestFailed",
    cause='{"errorMessage": "The golden sample expects class 282 (tiger cat) in the top 1 of '
    "OUTPUT__0; the model's top 1 is [904].\\nFix: If the model is right, correct "
    "sample/expected.json. Otherwise check the picture's preprocessing "
    "(smoke_test.picture in deploy.yaml) and the weights."
    "\\nPassed check: names, dtypes, shapes and values of all outputs"
    "\\nPassed check: repeated requests get the same output"
    '\\nFailed check: the golden sample"}',
)


def live(version: str = VERSION, since: datetime = START + timedelta(minutes=4)) -> Live:
    return Live(
        model="cat",
        version=version,
        endpoint="modeldrop-cat",
        source=ENDING.source,
        since=since,
        record=f"cat/{version}/deployment.json",
    )


def latency(p50_ms: float) -> LatencyStatistics:
    return LatencyStatistics(99, p50_ms, round(p50_ms * 1.3, 2), p50_ms * 2)


FEW = LatencyStatistics(4, 3.02, None, 3.4)
PRICE = Price(InstancePrice(Decimal("0.736"), "USD", "HourlyPrices"), 1)


def summary(version: str = BEFORE, **changed: object) -> ReportSummary:
    report_summary = summarize(ENDING, outcome_of(None), "cat", START - timedelta(days=7), PRICE)
    return report_summary.model_copy(
        update={"version": version, "latency": latency(9.12), "requests_per_second": 377.0}
        | changed
    )


def report(event: WriteReportInput = EVENT, visited: Iterable[StateVisit] = ALL_STATES) -> Report:
    ending = event.ending
    outcome = outcome_of(ending.failure)
    model = ending.deployment.model if ending.deployment else None
    return Report(
        event=event,
        outcome=outcome,
        summary=summarize(ending, outcome, model, START + timedelta(minutes=5), PRICE),
        visits=list(visited),
        before=summary(),
        before_page=f"{BEFORE}.html",
        live=live(BEFORE if ending.failure else VERSION),
        picture=None if ending.failure else thumbnail(PICTURE.read_bytes()),
        price=PRICE,
        call=None if ending.failure else CALL,
    )


CALL = Call(
    model="cat",
    endpoint="modeldrop-cat",
    region="eu-central-1",
    url="https://runtime.sagemaker.eu-central-1.amazonaws.com",
    signature=SIGNATURE,
    picture=Picture(),
    has_labels=True,
)
FAILED = ended(
    EVENT.model_copy(update={"latencies_ms": ()}),
    failure=WRONG,
    smoke=None,
    recovered_errors=[],
    servable=SERVABLE.model_copy(update={"warnings": ()}),
)
COMPARISON = ShadowComparison(
    live_version=BEFORE,
    sample_percent=20,
    hours=2,
    compared=1864,
    agreeing=1402,
    differences=(f"OUTPUT__0: 7 of 1,000 values differ, for example {HOSTILE}",),
    complete=False,
    live=VariantTraffic(requests=9410, failed=3, mean_ms=18.1, p50_ms=17.2, p95_ms=31.5),
    shadow=VariantTraffic(requests=37, failed=1, mean_ms=22.4, p50_ms=None, p95_ms=None),
)
DIFFERS = ended(
    failure=CaughtError(
        state="Compare Answers",
        error="ShadowTestFailed",
        cause="462 of 1,864 responses differ.\nFix: Widen smoke_test.rtol.",
    ),
    shadow_comparison=COMPARISON,
    pool_change=None,
)
REJECTED = WriteReportInput(
    ending=Ending(
        source=Source(bucket="drops", key=f"{HOSTILE}/model.pt", etag="0", dropped_by=HOSTILE),
        execution_arn=EXECUTION.format("2"),
        deployment=None,
        servable=None,
        smoke=None,
        failure=CaughtError(state="Inspect Model", error="ModelRejected", cause=HOSTILE),
        recovered_errors=[],
        remaining=[HOSTILE],
        restoring=False,
        superseded_version=None,
        superseded_number=None,
        shadow_comparison=None,
        pool_change=None,
    ),
    event_time=START,
    spec_values=(),
    package=None,
    latencies_ms=(),
)
HOSTILE_LABELS = ended(
    EVENT.model_copy(
        update={"spec_values": (SpecValue(key=HOSTILE, value=HOSTILE * 3, origin=HOSTILE),)}
    ),
    servable=SERVABLE.model_copy(
        update={
            "config_pbtxt": f'name: "{HOSTILE}"',
            "signature": Signature(
                inputs=(Tensor(name=HOSTILE, dtype=Dtype.FP32, dims=(3,)),),
                outputs=SIGNATURE.outputs,
                max_batch_size=0,
            ),
            "warnings": (ModelWarning(code=WarningCode.STATEFUL, cause=HOSTILE, fix=HOSTILE),),
        }
    ),
    smoke=SMOKE.model_copy(
        update={
            "top": [Ranking(index=1, label=HOSTILE, score=-3.1)],
            "input": HOSTILE,
            "golden": HOSTILE,
            "checks": [HOSTILE],
        }
    ),
)


def stored(model: str, report_summary: ReportSummary) -> StoredReport:
    key = report_key(model, report_summary.version, "", restored=False)
    return StoredReport(key, report_summary.model_copy(update={"model": model}))


def model_summaries() -> list[ModelSummary]:
    """Return three models: live with a later failure, live without failures, and retired."""
    days = [
        summary(
            f"202611{day:02}T090211Z-51c0a7d{day % 10}",
            latency=latency(p50),
            at=datetime(2026, 11, day, 9, 6, tzinfo=UTC),
        )
        for day, p50 in ((2, 14.2), (6, 11.9), (11, 12.3), (18, 9.12), (25, 7.43))
    ]
    failed = summary(
        "20261125T140000Z-0000abcd",
        status=Status.FAILED,
        failed_state="Smoke Test",
        cause=outcome_of(WRONG).cause,
        latency=None,
        at=datetime(2026, 11, 25, 14, 3, tzinfo=UTC),
    )
    cat = tuple(stored("cat", each) for each in (*days, failed))
    sentiment = stored("sentiment", summary(VERSION, latency=FEW, at=START))
    gone = stored("old-resnet", summary(BEFORE))
    latest = cat[-2]
    return [
        ModelSummary("cat", live(days[-1].version or ""), latest.summary, latest.key, cat),
        ModelSummary("old-resnet", None, None, None, (gone,)),
        ModelSummary(
            "sentiment",
            live().model_copy(update={"model": "sentiment", "endpoint": "modeldrop-sentiment"}),
            sentiment.summary,
            sentiment.key,
            (sentiment,),
        ),
    ]


def thirty_models() -> list[ModelSummary]:
    cat, _old, sentiment = model_summaries()
    asleep = sentiment.live and sentiment.live.model_copy(update={"asleep_since": START})
    kinds = (cat, sentiment, replace(sentiment, live=asleep), *[sentiment] * 3)
    return [replace(kinds[n % 6], name=f"{kinds[n % 6].name}-{n:02}") for n in range(30)]


def pages() -> dict[str, str]:
    """Return a page of each kind, by name."""
    few = SMOKE.model_copy(
        update={"requests": 5, "p95_ms": None, "golden": "none", "input": "random data, seed 0"}
    )
    tested_little = ended(EVENT.model_copy(update={"latencies_ms": LATENCIES[:4]}), smoke=few)
    rejected = stored(HOSTILE, summary(HOSTILE, cause=HOSTILE, status=Status.FAILED))
    return {
        "succeeded": report_page(report()),
        "failed": report_page(report(FAILED, UNTIL_THE_TEST)),
        "shadow": report_page(report(DIFFERS)),
        "few-requests": report_page(report(tested_little)),
        "rejected": report_page(report(REJECTED, visits(("Inspect Model", 0.8)))),
        "hostile": report_page(report(HOSTILE_LABELS)),
        "index": index_page(model_summaries(), START + timedelta(hours=3)),
        "thirty-models": index_page(thirty_models(), START),
        "empty-index": index_page([], START),
        "hostile-index": index_page([ModelSummary(HOSTILE, None, None, None, (rejected,))], START),
    }
