from __future__ import annotations

import pytest

from modeldrop.local.sagemaker.scaling.rules import step_capacity, tracking_capacity

TARGET = 5.0


@pytest.mark.parametrize(
    ("minutes", "current", "capacity"),
    [
        ([10.0, 10.0, 10.0], 2, 4),  # twice the target
        # Without instances, the backlog counts as the backlog of one instance.
        ([6.0, 6.0, 6.0], 0, 2),
        ([10.0, 10.0, 5.0], 2, None),  # the third minute is not above the target
        ([10.0, None, 10.0], 2, None),
        ([0.0] * 15, 1, 0),
        ([1.0, *[0.0] * 14], 1, None),  # a request ran within the 15 minutes
        ([1.0] * 15, 4, 1),
        ([0.0] * 14, 1, None),  # 15 minutes have not passed
        ([4.6] * 15, 2, None),  # between 90 % and 100 % of the target
    ],
)
def test_tracking(minutes: list[float | None], current: int, capacity: int | None) -> None:
    assert tracking_capacity(minutes, TARGET, current) == capacity


@pytest.mark.parametrize(
    ("kind", "adjustment", "capacity"),
    [("ChangeInCapacity", 1, 3), ("ExactCapacity", 1, 1), ("PercentChangeInCapacity", 50, 3)],
)
def test_step(kind: str, adjustment: int, capacity: int) -> None:
    steps = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": adjustment}]
    configuration = {"AdjustmentType": kind, "StepAdjustments": steps}
    assert step_capacity(configuration, 0.0, 2) == capacity
    assert step_capacity(configuration, -1.0, 2) is None
