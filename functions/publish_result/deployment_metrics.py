"""What CloudWatch counts of a deployment: embedded metrics, in the function's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit, single_metric

if TYPE_CHECKING:
    from publish_result.notification import Notification


def record(told: Notification) -> None:
    """Count the deployment by its status, and its smoke test's median latency by model."""
    with single_metric(name="Deployments", unit=MetricUnit.Count, value=1) as deployments:
        deployments.add_dimension(name="Status", value=told.status.value)
    if told.smoke is not None and told.model is not None:
        with single_metric(
            name="SmokeTestLatency", unit=MetricUnit.Milliseconds, value=told.smoke.p50_ms
        ) as latency:
            latency.add_dimension(name="Model", value=told.model)
