"""The CloudWatch alarms that guard a rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.sagemaker.deployment_guardrails import alarm_requests, is_guarded
from workflow.aws.clients import cloudwatch

if TYPE_CHECKING:
    from model_packager.spec.operation_spec import Rollout


def put_alarms(endpoint: str, config: str, rollout: Rollout) -> list[str]:
    """Create the alarms of a guarded rollout, and return their names; idempotent."""
    if not is_guarded(rollout):
        return []
    requests = alarm_requests(rollout, endpoint, config)
    for request in requests:
        cloudwatch().put_metric_alarm(**request)
    return [request["AlarmName"] for request in requests]
