from __future__ import annotations

from typing import Any

import pytest

from modeldrop.local.sagemaker.metrics.alarm_rules import alarm_state, is_supported
from modeldrop.local.sagemaker.metrics.invocation_metrics import Invocation

NOW = 1_000_000.0


def invocation(ago: float, status: int = 200, seconds: float = 0.1, **more: Any) -> Invocation:
    fields = {"endpoint": "e", "variant": "primary", "config": "e-1", **more}
    return Invocation(
        status=status, model_seconds=seconds, overhead_seconds=0.01, at=NOW - ago, **fields
    )


def alarm(metric: str = "Invocation5XXErrors", **more: Any) -> dict[str, Any]:
    return {
        "MetricName": metric,
        "Dimensions": [
            {"Name": "EndpointName", "Value": "e"},
            {"Name": "VariantName", "Value": "primary"},
        ],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.1,
        "ComparisonOperator": "GreaterThanThreshold",
        "StateValue": "INSUFFICIENT_DATA",
        **more,
    }


def test_an_error_rate_trips_above_its_threshold_only() -> None:
    good = [invocation(ago) for ago in range(9)]
    assert (
        alarm_state(alarm(), [*good, invocation(5, 500)], NOW) == "OK"
    )  # 10 % is not more than 10 %
    bad = [*good, invocation(5, 500), invocation(6, 503)]
    assert alarm_state(alarm(), bad, NOW) == "ALARM"
    at_least = alarm(Threshold=2, Statistic="Sum")
    assert alarm_state(at_least, bad, NOW) == "OK"
    at_least["ComparisonOperator"] = "GreaterThanOrEqualToThreshold"
    assert alarm_state(at_least, bad, NOW) == "ALARM"


def test_what_is_older_than_the_period_does_not_count() -> None:
    old = [invocation(61, 500)]
    assert alarm_state(alarm(), old, NOW) == "INSUFFICIENT_DATA"
    assert alarm_state(alarm(), [*old, invocation(1)], NOW) == "OK"


def test_client_errors_and_lost_connections_are_their_own_metrics() -> None:
    for status, tripped in (
        (404, {"Invocation4XXErrors", "InvocationModelErrors"}),
        (500, {"Invocation5XXErrors", "InvocationModelErrors"}),
        (0, {"InvocationModelErrors"}),
        (200, set()),
    ):
        found = {
            metric
            for metric in ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")
            if alarm_state(alarm(metric), [invocation(1, status)], NOW) == "ALARM"
        }
        assert found == tripped


def test_a_latency_percentile_is_in_microseconds() -> None:
    invocations = [invocation(1, seconds=n / 100) for n in range(1, 101)]
    p95 = {"ExtendedStatistic": "p95", "Statistic": None}
    assert alarm_state(alarm("ModelLatency", Threshold=950_000, **p95), invocations, NOW) == "ALARM"
    assert alarm_state(alarm("ModelLatency", Threshold=951_000, **p95), invocations, NOW) == "OK"
    assert alarm_state(alarm("OverheadLatency", Threshold=9_999), invocations, NOW) == "ALARM"


def test_only_the_dimensions_of_the_alarm_count() -> None:
    invocations = [invocation(1, config="e-1"), invocation(1, 500, config="e-2")]
    by_config = alarm()
    by_config["Dimensions"] = [
        {"Name": "EndpointConfigName", "Value": "e-1"},
        *by_config["Dimensions"],
    ]
    assert alarm_state(by_config, invocations, NOW) == "OK"
    assert alarm_state(alarm(), invocations, NOW) == "ALARM"
    assert alarm_state(alarm(), [invocation(1, 500, variant="other")], NOW) == "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    ("treat", "periods", "state"),
    [  # three periods, latest first: x breaches the threshold, o does not, - has no data
        ("missing", "---", "INSUFFICIENT_DATA"),
        ("missing", "x--", "ALARM"),
        ("missing", "xxo", "OK"),
        ("missing", "xxx", "ALARM"),
        ("notBreaching", "xx-", "OK"),
        ("notBreaching", "---", "OK"),
        ("breaching", "xx-", "ALARM"),
        ("breaching", "xo-", "OK"),
        ("ignore", "xx-", "INSUFFICIENT_DATA"),
        ("ignore", "xo-", "OK"),
        ("ignore", "xxx", "ALARM"),
    ],
)
def test_missing_data_is_treated_as_configured(treat: str, periods: str, state: str) -> None:
    statuses = {"x": 500, "o": 200}
    invocations = [
        invocation(number * 60 + 1, statuses[each])
        for number, each in enumerate(periods)
        if each != "-"
    ]
    assert (
        alarm_state(alarm(EvaluationPeriods=3, TreatMissingData=treat), invocations, NOW) == state
    )


def test_two_of_three_datapoints_may_be_enough() -> None:
    invocations = [invocation(1, 500), invocation(61), invocation(121, 500)]
    assert alarm_state(alarm(EvaluationPeriods=3), invocations, NOW) == "OK"
    assert alarm_state(alarm(EvaluationPeriods=3, DatapointsToAlarm=2), invocations, NOW) == "ALARM"


def test_other_alarms_are_not_evaluated() -> None:
    assert is_supported(alarm())
    assert is_supported(alarm(ExtendedStatistic="p99.9"))
    assert not is_supported(alarm("CPUUtilization"))
    for statistic in ("tm90", "p101", "p-1", "pnan", "pinf", "p"):
        assert not is_supported(alarm(ExtendedStatistic=statistic))
    assert not is_supported(alarm(ComparisonOperator="LessThanLowerThreshold"))
    assert not is_supported(alarm(Dimensions=[]))
    assert not is_supported({"Metrics": [{"Expression": "m1 / m2"}]})
