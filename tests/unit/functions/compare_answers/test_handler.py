from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from compare_answers.handler import handler
from compare_answers.traffic import traffic
from model_packager.names.endpoint import shadow_config_name
from model_packager.spec.operation_spec import Rollout
from model_packager.spec.smoke_test_spec import SmokeTest
from model_packager.stored import VariantTraffic
from tests.unit.functions.compare_answers.captured_records import record, response
from tests.unit.functions.samples import ARTIFACTS, DEPLOYMENT, ENDPOINT, OLDER, VERSION
from workflow.aws.clients import cloudwatch, s3
from workflow.errors import EndpointFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

SHADOW = shadow_config_name(ENDPOINT, OLDER)
EVENT = {
    "deployment": DEPLOYMENT.model_dump(),
    "shadow_config": SHADOW,
    "smoke_test": SmokeTest().model_dump(),
    "rollout": Rollout(strategy="shadow", sample_percent=50, hours=2).model_dump(),
}


@pytest.fixture(autouse=True)
def _config(
    buckets: None, create_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    create_config(SHADOW)


def put_captures(variant: str, *answers: tuple[str, str]) -> None:
    key = f"_shadow/{VERSION}/{ENDPOINT}/{variant}/2026/08/01/15/12-24-000-a.jsonl"
    lines = b"\n".join(record(request, answer) for request, answer in answers)
    s3().put_object(Bucket=ARTIFACTS, Key=key, Body=lines)


def put_metrics(variant: str, *milliseconds: float, failed: int = 0) -> None:
    dimensions: Any = [
        {"Name": "EndpointName", "Value": ENDPOINT},
        {"Name": "VariantName", "Value": variant},
    ]
    moment = datetime.now(UTC)
    for name, values in (
        ("ModelLatency", [each * 1000 for each in milliseconds]),
        ("InvocationModelErrors", [1.0] * failed + [0.0] * (len(milliseconds) - failed)),
    ):
        data = [
            {"MetricName": name, "Dimensions": dimensions, "Timestamp": moment, "Value": value}
            for value in values
        ]
        cloudwatch().put_metric_data(Namespace="AWS/SageMaker", MetricData=data)  # type: ignore[arg-type]


def test_both_variants_are_compared(context: LambdaContext) -> None:
    put_captures("primary", ("a", response(1)), ("b", response(2)), ("c", response(3)))
    put_captures("shadow", ("a", response(1)), ("c", response(3)))
    put_metrics("primary", 2, 4, 6)
    put_metrics("shadow", 4, 8)
    output = handler(EVENT, context)
    assert output["rejection"] is None
    assert output["comparison"] == {
        "live_version": OLDER,
        "sample_percent": 50,
        "hours": 2.0,
        "compared": 2,
        "agreeing": 2,
        "differences": [],
        "complete": True,
        "live": few(3, 4.0),
        "shadow": few(2, 6.0),
    }


def few(requests: int, mean: float) -> dict[str, Any]:
    return {"requests": requests, "failed": 0, "mean_ms": mean, "p50_ms": None, "p95_ms": None}


def test_difference_is_a_rejection_with_the_comparison(context: LambdaContext) -> None:
    put_captures("primary", ("a", response(1)))
    put_captures("shadow", ("a", response(2)))
    output = handler(EVENT, context)
    assert output["comparison"]["agreeing"] == 0
    assert output["rejection"]["error"] == "ShadowTestFailed"
    assert "1 of 1 responses differ" in output["rejection"]["cause"]


def test_model_that_was_retired_has_no_responses(
    context: LambdaContext, sagemaker: SageMakerClient
) -> None:
    sagemaker.delete_endpoint_config(EndpointConfigName=SHADOW)
    with pytest.raises(EndpointFailed, match="resnet was retired during the shadow test"):
        handler(EVENT, context)


def test_few_requests_have_a_mean_and_no_percentiles() -> None:
    """moto has no percentiles; workflow tests read them for more requests."""
    since = datetime.now(UTC) - timedelta(hours=1)
    put_metrics("shadow", *range(1, 50), failed=2)
    found = traffic(ENDPOINT, "shadow", since)
    assert found == VariantTraffic(requests=49, failed=2, mean_ms=25, p50_ms=None, p95_ms=None)


def test_no_metrics_are_no_requests() -> None:
    found = traffic(ENDPOINT, "shadow", datetime.now(UTC))
    assert found == VariantTraffic(requests=0, failed=0, mean_ms=None, p50_ms=None, p95_ms=None)
