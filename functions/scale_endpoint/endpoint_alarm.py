"""The alarm on a live endpoint: created with its first version, and updated with each one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.sagemaker.endpoint_alarm import endpoint_alarm_name, endpoint_alarm_request
from model_packager.sagemaker.requests import MODEL_TAG, POOL_TAG
from workflow.aws.alarm_removal import remove_endpoint_alarm
from workflow.aws.clients import cloudwatch

if TYPE_CHECKING:
    from workflow.contracts.deploy_model import ScaleEndpointInput
    from workflow.settings import ScaleEndpointSettings


def update_alarm(event: ScaleEndpointInput, settings: ScaleEndpointSettings) -> None:
    """Put the alarm, or delete it if the stack is configured without alarms. Idempotent."""
    deployment = event.deployment
    if settings.alarms == "none":
        remove_endpoint_alarm(deployment.endpoint)
        return
    request = endpoint_alarm_request(
        deployment.endpoint,
        deployment.model,
        limit=settings.endpoint_error_limit,
        topic_arn=settings.topic_arn,
        pool=deployment.pool,
    )
    cloudwatch().put_metric_alarm(**request)
    owner = {POOL_TAG: deployment.pool} if deployment.pool else {MODEL_TAG: deployment.model}
    _tag(deployment.endpoint, owner | event.tags)


def _tag(endpoint: str, tags: dict[str, str]) -> None:
    """Tag the alarm. PutMetricAlarm tags only new alarms (its API reference)."""
    described = cloudwatch().describe_alarms(AlarmNames=[endpoint_alarm_name(endpoint)])
    for alarm in described["MetricAlarms"]:
        cloudwatch().tag_resource(
            ResourceARN=alarm["AlarmArn"],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
