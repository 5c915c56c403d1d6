from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from model_packager.names.report import REPORT_INDEX, report_key, summary_key
from model_packager.stored import CaughtError
from tests.report_samples import (
    EVENT,
    EXECUTION,
    FAILED,
    HOSTILE,
    PICTURE,
    REJECTED,
    VERSION,
    ended,
)
from tests.smoke_results import RANDOM
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import ARTIFACTS, OLDER
from workflow.aws.clients import s3
from workflow.contracts.deploy_model import WriteReportInput
from workflow.report.summary import read_summary
from workflow.versions.deployment_record import write_record
from write_report.handler import handler
from write_report.previous_version import version_before

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

KEY = report_key("cat", VERSION, EXECUTION.format("1"), restored=False)


@pytest.fixture(autouse=True)
def _settings(
    buckets: None, execution: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    monkeypatch.setenv("HOURLY_PRICES", "ml.c5.large=0.102,ml.g4dn.xlarge=0.736")


@pytest.fixture
def event(execution: Callable[..., str]) -> Callable[..., dict[str, Any]]:
    """A function that returns an event of an existing execution."""
    arn = execution("first")

    def event(event: WriteReportInput = EVENT, **changed: Any) -> dict[str, Any]:
        return ended(event, execution_arn=arn, **changed).model_dump(mode="json")

    return event


def page(uri: str) -> str:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return s3().get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def test_report_and_index_are_written(
    event: Callable[..., dict[str, Any]], context: LambdaContext
) -> None:
    s3().put_object(
        Bucket=ARTIFACTS, Key=f"cat/{VERSION}/sample/input.png", Body=PICTURE.read_bytes()
    )
    uri = handler(event(), context)["report_uri"]
    assert uri == f"s3://{ARTIFACTS}/{KEY}"
    assert "data:image/jpeg;base64," in page(uri)
    index = s3().get_object(Bucket=ARTIFACTS, Key=REPORT_INDEX)["Body"].read().decode()
    assert f'data-page="{KEY}"' in index
    assert "537 USD per month, 0.736 USD per hour" in page(uri)
    assert "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/modeldrop-cat" in page(uri)
    assert handler(event(), context)["report_uri"] == uri  # idempotent


@pytest.mark.parametrize(
    ("hosting", "expected"),
    [
        (
            {"mode": "pool", "pool": "small"},
            ("TargetModel=target_model()", "1 x ml.g4dn.xlarge, for all models of the pool small"),
        ),
        (
            {"mode": "async"},
            (
                "runtime.invoke_endpoint_async(",
                "modeldrop invoke cat --async",
                "Nothing when idle, 0.736 USD per hour while it runs",
            ),
        ),
    ],
)
def test_client_code_and_cost_fit_the_hosting_mode(
    event: Callable[..., dict[str, Any]],
    context: LambdaContext,
    hosting: dict[str, str],
    expected: tuple[str, ...],
) -> None:
    content = event()
    content["ending"]["servable"]["spec"] |= {"hosting": hosting, "package": "tar.gz"}
    content["ending"]["servable"]["hosting"] |= {"pool": hosting.get("pool")}
    report = page(handler(content, context)["report_uri"])
    assert [each for each in expected if each not in report] == []


def test_index_shows_that_an_idle_asynchronous_endpoint_costs_nothing(
    event: Callable[..., dict[str, Any]], context: LambdaContext
) -> None:
    content = event()
    hosting = {"mode": "async", "min_instances": 0}
    content["ending"]["servable"]["spec"] |= {"hosting": hosting}
    key = handler(content, context)["report_uri"].partition(f"{ARTIFACTS}/")[2]
    stored = read_summary(ARTIFACTS, summary_key(key))
    assert stored is not None
    assert stored.month_price == "0 to 537 USD"


def test_cost_of_a_model_with_a_schedule_counts_the_hours_awake(
    event: Callable[..., dict[str, Any]], context: LambdaContext
) -> None:
    content = event()
    nights = {"sleep": "0 19 * * mon-fri", "wake": "0 7 * * mon-fri", "timezone": "Europe/Berlin"}
    content["ending"]["servable"]["spec"]["schedule"] = nights
    report = page(handler(content, context)["report_uri"])
    assert "192 USD per month, 0.736 USD per hour" in report
    assert "awake 261 of 730 hours per month" in report


def test_failure_is_compared_with_the_live_version(
    event: Callable[..., dict[str, Any]], context: LambdaContext
) -> None:
    serving = record(OLDER)
    who = serving.deployment.model_copy(update={"model": "cat", "endpoint": "modeldrop-cat"})
    write_record(ARTIFACTS, serving.model_copy(update={"deployment": who}))
    report = page(handler(event(FAILED, superseded_version=None), context)["report_uri"])
    assert "Compared with the live version" in report
    assert OLDER in report


def test_drop_without_version_and_model_has_a_report(
    event: Callable[..., dict[str, Any]], context: LambdaContext
) -> None:
    uri = handler(event(REJECTED), context)["report_uri"]
    assert f"{ARTIFACTS}/_reports/_unnamed/refused-" in uri
    assert HOSTILE not in page(uri)


def test_version_that_is_brought_back_has_a_report_of_its_own(
    event: Callable[..., dict[str, Any]], context: LambdaContext
) -> None:
    first = handler(event(), context)["report_uri"]
    second = handler(event(restoring=True), context)["report_uri"]
    assert first != second
    assert f"{VERSION}-restored-" in second


def test_duplicate_leaves_the_report_of_the_first(
    event: Callable[..., dict[str, Any]], context: LambdaContext
) -> None:
    failure = CaughtError(state="Inspect Model", error="DuplicateDrop", cause=json.dumps("x"))
    assert handler(event(REJECTED, failure=failure), context) == {"report_uri": None}
    assert "Contents" not in s3().list_objects_v2(Bucket=ARTIFACTS)


def test_version_is_not_compared_with_itself() -> None:
    write_record(ARTIFACTS, record(VERSION))
    assert version_before(ARTIFACTS, "resnet", VERSION, VERSION, None) is None
    assert version_before(ARTIFACTS, None, None, None, None) is None
    found = version_before(ARTIFACTS, "resnet", "other", VERSION, None)
    assert found is not None
    assert found.summary.latency == RANDOM.latency
    assert found.page is None
