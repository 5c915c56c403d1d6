"""CloudWatch's rules for the state of a metric alarm, with periods that end now.

Source: Amazon CloudWatch User Guide, "Using Amazon CloudWatch alarms" (evaluating an alarm, how
alarms treat missing data). CloudWatch's periods start at whole minutes. Here they end at the time
of the evaluation, so a one-minute alarm does not take up to two minutes.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from modeldrop.local.sagemaker.metrics.invocation_metrics import METRICS, Invocation

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "SampleCount": len,
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
}


def is_supported(alarm: Mapping[str, Any], metrics: Container[object] = METRICS) -> bool:
    """Return whether this is a static-threshold alarm on one of these metrics of an endpoint."""
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "")
    return (
        alarm.get("MetricName") in metrics
        and alarm.get("ComparisonOperator") in _COMPARISONS
        and (statistic in _STATISTICS or _percentile(statistic) is not None)
        and "EndpointName" in dimensions_of(alarm)
    )


def dimensions_of(alarm: Mapping[str, Any]) -> dict[str, str]:
    """Return the dimensions of an alarm, by name."""
    return {each["Name"]: each["Value"] for each in alarm.get("Dimensions", ())}


def evaluated_seconds(alarm: Mapping[str, Any]) -> int:
    """Return the total length of an alarm's evaluation periods."""
    return int(alarm["Period"]) * int(alarm["EvaluationPeriods"])


def alarm_state(alarm: Mapping[str, Any], invocations: Sequence[Invocation], now: float) -> State:
    """Return the state of an alarm.

    Args:
        alarm: a supported alarm from DescribeAlarms.
        invocations: the endpoint's invocations during the evaluation periods.
        now: the current time in seconds since 1970.
    """
    return alarm_state_of(alarm, _datapoints(alarm, invocations, now))


def alarm_state_of(alarm: Mapping[str, Any], points: Sequence[float | None]) -> State:
    """Return the state of an alarm.

    Args:
        alarm: an alarm from DescribeAlarms.
        points: the statistic of each evaluation period, latest first; None without data.
    """
    needed = alarm.get("DatapointsToAlarm") or len(points)
    threshold = float(alarm["Threshold"])
    breaches = _COMPARISONS[alarm["ComparisonOperator"]]
    present = [point for point in points if point is not None]
    breaching = sum(breaches(point, threshold) for point in present)
    missing = len(points) - len(present)
    state: State = alarm["StateValue"]
    match alarm.get("TreatMissingData") or "missing":
        case "breaching":
            return "ALARM" if breaching + missing >= needed else "OK"
        case "notBreaching":
            return "ALARM" if breaching >= needed else "OK"
        case "ignore":
            if breaching >= needed:
                return "ALARM"
            return "OK" if breaching + missing < needed else state
        case _:
            if not present:
                return "INSUFFICIENT_DATA"
            return "ALARM" if breaching >= min(needed, len(present)) else "OK"


def _datapoints(
    alarm: Mapping[str, Any], invocations: Sequence[Invocation], now: float
) -> list[float | None]:
    """Return the statistic of each period, latest first; None for a period without invocations."""
    wanted, name = sorted(dimensions_of(alarm).items()), alarm["MetricName"]
    periods: list[list[float]] = [[] for _ in range(int(alarm["EvaluationPeriods"]))]
    # Cached, because thousands of invocations have only a few fleets.
    counted: dict[tuple[str, str], bool] = {}
    for invocation in invocations:
        fleet = (invocation.variant, invocation.config)
        if fleet not in counted:
            counted[fleet] = any(sorted(each) == wanted for each in invocation.dimensions())
        number = int((now - invocation.at) // alarm["Period"])
        metric = invocation.metrics().get(name)
        if metric and counted[fleet] and 0 <= number < len(periods):
            periods[number].append(metric[1](invocation))
    statistic = alarm.get("ExtendedStatistic") or alarm["Statistic"]
    return [_statistic(values, statistic) if values else None for values in periods]


def _statistic(values: Sequence[float], name: str) -> float:
    percent = _percentile(name)
    if percent is not None:
        return float(np.percentile(values, percent))
    return float(_STATISTICS[name](values))


def _percentile(name: str) -> float | None:
    """Parse an ExtendedStatistic such as p95 or p99.9; None for any other statistic."""
    try:
        percent = float(name[1:]) if name.startswith("p") else math.nan
    except ValueError:
        return None
    return percent if 0 <= percent <= 100 else None
