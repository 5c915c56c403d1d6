"""Metrics that CloudWatch reads from the functions' log: the embedded metric format.

Each has one dimension of ours, and `service`, the stack's name, which Powertools adds. What a
metric is about stands beside it in the same line, for Logs Insights; it is no dimension, since
CloudWatch bills each combination of those by the month.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit, single_metric

if TYPE_CHECKING:
    from collections.abc import Mapping

Unit = MetricUnit


def put(
    name: str, unit: MetricUnit, value: float, dimension: tuple[str, str], about: Mapping[str, str]
) -> None:
    """Write one line into the log."""
    with single_metric(name=name, unit=unit, value=value) as metric:
        metric.add_dimension(name=dimension[0], value=dimension[1])
        for key, said in about.items():
            metric.add_metadata(key=key, value=said)
