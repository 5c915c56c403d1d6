from __future__ import annotations

from modeldrop.local.sagemaker.async_queue import Backlog
from modeldrop.local.sagemaker.metrics.backlog_metrics import BacklogMetrics, values_of


def test_backlog_without_instances_counts_as_that_of_one() -> None:
    values = values_of(Backlog(6, 6, 2.0), 0)
    assert values["ApproximateBacklogSizePerInstance"] == 6
    assert values["HasBacklogWithoutCapacity"] == 1
    assert values_of(Backlog(6, 4, 2.0), 2)["ApproximateBacklogSizePerInstance"] == 3
    assert values_of(Backlog(0, 0, 0.0), 0)["HasBacklogWithoutCapacity"] == 0


def test_minutes_are_averages_and_newest_first() -> None:
    metrics = BacklogMetrics(cloudwatch=None)
    for at, size in ((0.0, 4), (130.0, 2), (140.0, 4)):
        metrics.sample("queued", values_of(Backlog(size, size, 0.0), 1), at)
    found = metrics.minutes("queued", "ApproximateBacklogSize", 3, 60.0, 179.0)
    assert found == [3.0, None, 4.0]
    assert metrics.minutes("other", "ApproximateBacklogSize", 2, 60.0, 120.0) == [None, None]
    metrics.forget_others([])
    assert metrics.minutes("queued", "ApproximateBacklogSize", 1, 60.0, 120.0) == [None]
