"""The behavior of MiniStack's CloudWatch that the local SageMaker's metrics and alarms need."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

NAMESPACE = "AWS/SageMaker"


@pytest.fixture
def cloudwatch(aws: boto3.Session) -> Any:
    make: Any = aws.client
    return make("cloudwatch")


def dimensions(endpoint: str) -> list[dict[str, str]]:
    return [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "VariantName", "Value": "primary"},
    ]


def put(cloudwatch: Any, endpoint: str, metric: str, values: dict[float, float]) -> None:
    cloudwatch.put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": dimensions(endpoint),
                "Timestamp": datetime.now(UTC),
                "Unit": "None",
                "Values": list(values),
                "Counts": list(values.values()),
            }
        ],
    )


def put_alarm(cloudwatch: Any, name: str, endpoint: str, **more: Any) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace=NAMESPACE,
        MetricName="Invocation5XXErrors",
        Dimensions=dimensions(endpoint),
        **{
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanThreshold",
            **more,
        },
    )


def window() -> dict[str, datetime]:
    now = datetime.now(UTC)
    return {"StartTime": now - timedelta(hours=2), "EndTime": now + timedelta(minutes=1)}


def test_values_are_weighted_by_counts_and_separated_by_dimensions(cloudwatch: Any) -> None:
    put(cloudwatch, "one", "Invocations", {1.0: 5.0})
    put(cloudwatch, "one", "Invocations", {1.0: 2.0})
    put(cloudwatch, "two", "Invocations", {1.0: 100.0})

    found = cloudwatch.get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName="Invocations",
        Dimensions=dimensions("one"),
        Period=3600,
        Statistics=["Sum"],
        **window(),
    )

    assert sum(point["Sum"] for point in found["Datapoints"]) == 7
    assert isinstance(found["Datapoints"][0]["Timestamp"], datetime)


def test_no_invocations_have_no_datapoint(cloudwatch: Any) -> None:
    found = cloudwatch.get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName="Invocations",
        Dimensions=dimensions("never"),
        Period=3600,
        Statistics=["Sum"],
        **window(),
    )

    assert found["Datapoints"] == []


def test_metric_data_gives_percentiles(cloudwatch: Any) -> None:
    put(cloudwatch, "slow", "ModelLatency", {float(n): 1.0 for n in range(1, 101)})
    stat = {
        "Metric": {
            "Namespace": NAMESPACE,
            "MetricName": "ModelLatency",
            "Dimensions": dimensions("slow"),
        },
        "Period": 3600,
        "Stat": "p95",
    }

    found = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "latency", "MetricStat": stat}], **window()
    )

    (result,) = found["MetricDataResults"]
    assert result["Values"] == pytest.approx([95.05])


def test_an_alarm_is_described_as_it_was_put(cloudwatch: Any) -> None:
    put_alarm(cloudwatch, "described", "one", TreatMissingData="notBreaching")

    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["described"])["MetricAlarms"]

    assert alarm["Namespace"] == NAMESPACE
    assert alarm["Dimensions"] == dimensions("one")
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (60, 1, 1.0)
    assert (alarm["Statistic"], alarm["TreatMissingData"]) == ("Sum", "notBreaching")
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"


def test_an_alarm_keeps_the_state_it_was_set_to(cloudwatch: Any) -> None:
    put_alarm(cloudwatch, "set", "broken")
    put(cloudwatch, "broken", "Invocation5XXErrors", {1.0: 50.0})
    put(cloudwatch, "other", "Invocation5XXErrors", {1.0: 50.0})

    def state() -> str:
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=["set"])["MetricAlarms"]
        return str(alarm["StateValue"])

    assert state() == "INSUFFICIENT_DATA"  # only the local SageMaker evaluates this alarm
    for wanted in ("ALARM", "OK"):
        cloudwatch.set_alarm_state(AlarmName="set", StateValue=wanted, StateReason="because")
        put(cloudwatch, "broken", "Invocation5XXErrors", {1.0: 50.0})
        assert state() == wanted
    put_alarm(cloudwatch, "set", "broken", Threshold=2.0)
    assert state() == "OK"


def test_deleted_alarms_are_gone(cloudwatch: Any) -> None:
    put_alarm(cloudwatch, "gone", "one")
    cloudwatch.delete_alarms(AlarmNames=["gone", "never-there"])

    assert cloudwatch.describe_alarms(AlarmNames=["gone"])["MetricAlarms"] == []
    with pytest.raises(cloudwatch.exceptions.ResourceNotFound):
        cloudwatch.set_alarm_state(AlarmName="gone", StateValue="OK", StateReason="because")
