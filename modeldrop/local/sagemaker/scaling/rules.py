"""Computes the capacity that scaling policies require. Pure.

Sources: Application Auto Scaling user guide, "Target tracking scaling policies" and "Step scaling
policies". Target tracking needs 3 minutes above the target, or 15 minutes below 90 % of it. The
alarms that it creates on AWS have these settings, but AWS does not document them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

OUT_MINUTES = 3
IN_MINUTES = 15
_IN_SHARE = 0.9


def tracking_capacity(minutes: Sequence[float | None], target: float, current: int) -> int | None:
    """Return the capacity for a target tracking policy; None for no change.

    Args:
        minutes: the metric per instance, newest minute first; None without data.
        target: the policy's TargetValue.
        current: the current capacity; 0 counts as one instance.
    """
    out = [each for each in minutes[:OUT_MINUTES] if each is not None]
    if len(out) == OUT_MINUTES and min(out) > target:
        return max(math.ceil(max(current, 1) * out[0] / target), current + 1)
    within = [each for each in minutes[:IN_MINUTES] if each is not None]
    if len(within) == IN_MINUTES and max(within) < _IN_SHARE * target:
        fewer = math.ceil(current * max(within) / target)
        return fewer if fewer < current else None
    return None


def step_capacity(configuration: Mapping[str, Any], excess: float, current: int) -> int | None:
    """Return the capacity for a step scaling policy in ALARM; None if no step applies.

    Args:
        configuration: the StepScalingPolicyConfiguration.
        excess: the metric minus the alarm's threshold.
        current: the current capacity.
    """
    for step in configuration.get("StepAdjustments", []):
        lower = step.get("MetricIntervalLowerBound", -math.inf)
        upper = step.get("MetricIntervalUpperBound", math.inf)
        if lower <= excess < upper:
            adjustment = int(step["ScalingAdjustment"])
            match configuration.get("AdjustmentType", "ChangeInCapacity"):
                case "ExactCapacity":
                    return adjustment
                case "PercentChangeInCapacity":
                    return current + math.ceil(current * adjustment / 100)
            return current + adjustment
    return None
