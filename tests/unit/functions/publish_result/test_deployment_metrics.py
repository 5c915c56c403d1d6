from __future__ import annotations

import pytest

from model_packager.spec.load_profile import LoadPoint
from model_packager.stored import CaughtError, SmokeResult
from publish_result.deployment_metrics import record
from publish_result.notification import Notification, build_notification
from tests.smoke_results import RANDOM
from tests.unit.functions.emitted import emitted, values
from tests.unit.functions.samples import DEPLOYMENT, ENDPOINT, EXECUTION, REGION, VERSION, source
from workflow.contracts.deploy_model import Ending, PublishResultInput
from workflow.notify.message import LiveState
from workflow.outcome import outcome_of

TIMINGS = {"Drop Type?": 0.01, "Smoke Test": 2.5}
REJECTED = CaughtError(state="Inspect Model", error="ModelRejected", cause="It is HTML.")


def point(clients: int, rate: float, p95_ms: float, request_format: str = "binary") -> LoadPoint:
    return LoadPoint.model_validate(
        {
            "concurrency": clients,
            "request_format": request_format,
            "requests": 1,
            "requests_per_second": rate,
            "items_per_second": rate,
            "p50_ms": p95_ms,
            "p90_ms": p95_ms,
            "p95_ms": p95_ms,
            "p99_ms": p95_ms,
            "request_bytes": 1,
            "response_bytes": 1,
        }
    )


LOAD = (point(1, 40, 25), point(4, 120, 38), point(8, 900, 2, "json"))


def notification(
    smoke: SmokeResult | None = RANDOM, failure: CaughtError | None = None
) -> Notification:
    ending = Ending(
        source=source("abc"),
        execution_arn=EXECUTION,
        deployment=DEPLOYMENT,
        servable=None,
        smoke=smoke,
        failure=failure,
        recovered_errors=[],
        remaining=[],
        restoring=False,
        superseded_version=None,
        superseded_number=None,
        shadow_comparison=None,
        pool_change=None,
    )
    return build_notification(
        PublishResultInput(ending=ending, record_uri=None, report_uri=None),
        outcome_of(failure),
        model="resnet",
        endpoint=ENDPOINT,
        live=LiveState(VERSION),
        region=REGION,
        timings=TIMINGS,
    )


def test_each_metric_has_its_dimension(capsys: pytest.CaptureFixture[str]) -> None:
    record(notification())
    lines = emitted(capsys)
    assert values(lines, "Deployments", "Status") == {"SUCCEEDED": 1}
    assert values(lines, "StateSeconds", "State") == {"Smoke Test": 2.5}
    assert values(lines, "SmokeTestLatency", "Model") == {"resnet": 23.4}
    assert values(lines, "LoadThroughput", "Model") == {}


def test_failure_is_counted_with_its_properties(capsys: pytest.CaptureFixture[str]) -> None:
    record(notification(smoke=None, failure=REJECTED))
    lines = emitted(capsys)
    assert values(lines, "Deployments", "Status") == {"FAILED": 1}
    assert values(lines, "SmokeTestLatency", "Model") == {}
    for line in lines:
        assert (line["model"], line["version"]) == ("resnet", VERSION)
        assert line["execution_arn"] == EXECUTION
        assert (line["failed_state"], line["error"]) == ("Inspect Model", "ModelRejected")
        assert line["cause"] == "It is HTML."


@pytest.mark.parametrize(
    ("limits", "throughput"),
    [({}, {"resnet": 120}), ({"p95_ms": 30.0}, {"resnet": 40}), ({"p95_ms": 1.0}, {})],
)
def test_throughput_is_the_maximum_within_the_limit(
    capsys: pytest.CaptureFixture[str], limits: dict[str, float], throughput: dict[str, float]
) -> None:
    record(notification(RANDOM.model_copy(update={"load": LOAD, "limits": limits})))
    assert values(emitted(capsys), "LoadThroughput", "Model") == throughput
