"""No request fails during any kind of update, with real servers under load."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from modeldrop.local.sagemaker.faults import EndpointFault
from modeldrop.local.sagemaker.hosting.traffic_shift import rolled_back_by
from tests.local_sagemaker.archives import linear_archive
from tests.local_sagemaker.conftest import LocalSageMaker
from tests.local_sagemaker.inference import linear, load_on
from tests.waiting import until

ENDPOINT = "guarded"
LATENCY, ERRORS = "guarded-3-latency", "guarded-3-errors"


@pytest.fixture(scope="module")
def guarded(local: LocalSageMaker) -> Iterator[LocalSageMaker]:
    """An endpoint with config guarded-1, and the configs guarded-2 and guarded-3 for updates.

    Config guarded-N returns N times the sum of the inputs. Two alarms watch guarded-3.
    """
    for number in (1, 2, 3):
        name = f"{ENDPOINT}-{number}"
        local.put_model(name, linear_archive(float(number)))
        local.create_config(name, name)
    put_alarm(local, LATENCY, "ModelLatency", ExtendedStatistic="p95", Threshold=250_000)
    put_alarm(local, ERRORS, "Invocation5XXErrors", Statistic="Average", Threshold=0.2)
    local.create_endpoint(ENDPOINT, f"{ENDPOINT}-1")
    pending = local.describe(ENDPOINT)["PendingDeploymentSummary"]
    assert pending["EndpointConfigName"] == f"{ENDPOINT}-1"
    assert local.settled(ENDPOINT)["EndpointStatus"] == "InService"
    yield local
    local.faults.clear(ENDPOINT)
    local.delete(ENDPOINT)
    local.cloudwatch.delete_alarms(AlarmNames=[LATENCY, ERRORS])


def put_alarm(local: LocalSageMaker, name: str, metric: str, **statistic: Any) -> None:
    dimensions = {
        "EndpointName": ENDPOINT,
        "VariantName": "primary",
        "EndpointConfigName": f"{ENDPOINT}-3",
    }
    local.cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Period=60,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        **statistic,
    )


def update(local: LocalSageMaker, number: int, config: dict[str, Any] | None = None) -> None:
    options: Any = {} if config is None else {"DeploymentConfig": config}
    local.sagemaker.update_endpoint(
        EndpointName=ENDPOINT, EndpointConfigName=f"{ENDPOINT}-{number}", **options
    )


def shifting(kind: str, wait: int, *alarms: str, **size: int) -> dict[str, Any]:
    sizes = {name: {"Type": "CAPACITY_PERCENT", "Value": percent} for name, percent in size.items()}
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **sizes}
    config: dict[str, Any] = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    if alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
    return config


def test_cloudwatch_counts_every_invocation(guarded: LocalSageMaker) -> None:
    def sum_of(metric: str) -> float:
        now = datetime.now(UTC)
        found = guarded.cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[
                {"Name": "EndpointName", "Value": ENDPOINT},
                {"Name": "VariantName", "Value": "primary"},
            ],
            StartTime=now - timedelta(hours=3),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in found["Datapoints"]))

    started = time.monotonic()
    for _ in range(3):
        linear(guarded, ENDPOINT, [[1, 1, 1, 1]])
    with pytest.raises(guarded.runtime.exceptions.ModelError):
        linear(guarded, ENDPOINT, [[1, 1, 1]])
    took = time.monotonic() - started
    until(lambda: sum_of("Invocations") == 4)
    assert sum_of("Invocation4XXErrors") == sum_of("InvocationModelErrors") == 1
    assert sum_of("Invocation5XXErrors") == 0
    assert sum_of("InvocationsPerInstance") == 2  # four invocations on two instances
    assert 0 < sum_of("OverheadLatency") + sum_of("ModelLatency") < took * 1e6


def test_all_at_once_under_load(guarded: LocalSageMaker) -> None:
    with load_on(guarded, ENDPOINT) as load:
        until(lambda: load.answers[1.0] >= 10)
        update(guarded, 2)
        description = guarded.settled(ENDPOINT)
        seen = load.answers[2.0]
        until(lambda: load.answers[2.0] >= seen + 10)
    assert description["EndpointConfigName"] == f"{ENDPOINT}-2"
    assert "PendingDeploymentSummary" not in description
    assert load.failures == []
    assert set(load.answers) == {1.0, 2.0}


def test_a_slow_canary_is_rolled_back_by_its_alarm_under_load(guarded: LocalSageMaker) -> None:
    slow = EndpointFault(
        kind="slow_response",
        endpoint_contains=ENDPOINT,
        config_contains=f"{ENDPOINT}-3",
        seconds=0.3,
        times=None,
    )
    guarded.faults.add(slow)
    with load_on(guarded, ENDPOINT) as load:
        update(guarded, 3, shifting("CANARY", 120, LATENCY, CanarySize=10))
        stages = []

        def baking() -> Any:
            pending = guarded.describe(ENDPOINT).get("PendingDeploymentSummary")
            assert pending is not None, "it was over before it was seen baking"
            (variant,) = pending["ProductionVariants"]
            stages.append(variant["VariantStatus"][0]["Status"])
            return pending if stages[-1] == "Baking" else None

        pending = until(baking)
        description = guarded.settled(ENDPOINT)
        canary = load.answers[3.0]
        total = load.total()
        until(lambda: load.total() >= total + 20)
    assert stages[0] == "Creating"
    assert pending["EndpointConfigName"] == f"{ENDPOINT}-3"
    assert pending["ProductionVariants"][0]["InstanceType"] == "ml.g4dn.xlarge"
    assert description["EndpointConfigName"] == f"{ENDPOINT}-2"
    assert description["EndpointStatus"] == "InService"
    assert description["FailureReason"] == rolled_back_by([LATENCY])
    assert load.failures == []
    assert set(load.answers) == {2.0, 3.0}
    assert load.answers[3.0] == canary  # no response after the rollback
    guarded.faults.clear(ENDPOINT)


def test_linear_under_load(guarded: LocalSageMaker) -> None:
    with load_on(guarded, ENDPOINT) as load:
        before = load.total()
        update(guarded, 1, shifting("LINEAR", 2, ERRORS, LinearStepSize=50))
        description = guarded.settled(ENDPOINT)
        seen = load.total()
        until(lambda: load.total() >= seen + 10)
    assert before < seen
    assert description["EndpointConfigName"] == f"{ENDPOINT}-1"
    assert load.failures == []
    assert set(load.answers) == {1.0, 2.0}


def test_a_failing_canary_fails_its_share_only(guarded: LocalSageMaker) -> None:
    failing = EndpointFault(
        kind="server_error",
        endpoint_contains=ENDPOINT,
        config_contains=f"{ENDPOINT}-3",
        times=None,
    )
    guarded.faults.add(failing)
    update(guarded, 3, shifting("CANARY", 120, ERRORS, CanarySize=25))
    until(lambda: stage(guarded) == "Baking")
    statuses = []
    for _ in range(40):
        try:
            linear(guarded, ENDPOINT, [[1, 1, 1, 1]])
            statuses.append(200)
        except ClientError as error:
            response: Any = error.response
            assert response["Error"]["Code"] == "ModelError"
            assert (
                'server error (500) from primary with message "Internal Server Error"'
                in (response["Error"]["Message"])
            )
            statuses.append(response["OriginalStatusCode"])
    description = guarded.settled(ENDPOINT)
    assert 1 <= statuses.count(500) <= 10  # every fourth request, until the rollback
    assert statuses.count(200) + statuses.count(500) == 40
    assert description["FailureReason"] == rolled_back_by([ERRORS])
    linear(guarded, ENDPOINT, [[1, 1, 1, 1]])


def test_rolling_under_load(guarded: LocalSageMaker) -> None:
    one = {"Type": "INSTANCE_COUNT", "Value": 1}  # one of two instances
    policy = {"MaximumBatchSize": one, "WaitIntervalInSeconds": 1, "RollbackMaximumBatchSize": one}
    with load_on(guarded, ENDPOINT) as load:
        update(guarded, 2, {"RollingUpdatePolicy": policy})
        description = guarded.settled(ENDPOINT)
    assert description["EndpointConfigName"] == f"{ENDPOINT}-2"
    assert description["LastDeploymentConfig"] == {"RollingUpdatePolicy": policy}
    assert load.failures == []
    assert set(load.answers) == {1.0, 2.0}


def stage(local: LocalSageMaker) -> str:
    pending = local.describe(ENDPOINT).get("PendingDeploymentSummary")
    return pending["ProductionVariants"][0]["VariantStatus"][0]["Status"] if pending else ""


def test_refusals(guarded: LocalSageMaker) -> None:
    def refusal(number: int, config: dict[str, Any] | None = None) -> str:
        with pytest.raises(ClientError) as caught:
            update(guarded, number, config)
        assert caught.value.response["Error"]["Code"] == "ValidationException"
        return caught.value.response["Error"]["Message"]

    assert refusal(2) == (
        f'Cannot update endpoint with the currently in use endpoint configuration "{ENDPOINT}-2".'
    )
    assert refusal(1, shifting("ALL_AT_ONCE", 0, "none", LATENCY)) == (
        "Could not find CloudWatch alarms: none."
    )
    assert "CanarySize must be 0-50%" in refusal(1, shifting("CANARY", 0, CanarySize=60))
    assert guarded.describe(ENDPOINT)["EndpointStatus"] == "InService"
