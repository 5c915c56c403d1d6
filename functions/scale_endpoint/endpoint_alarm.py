"""The alarm on a live endpoint: made with its first version, and brought up to date with each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.sagemaker.endpoint_alarm import endpoint_alarm_name, endpoint_alarm_request
from model_packager.sagemaker.requests import MODEL_TAG
from workflow.aws.alarm_removal import remove_endpoint_alarm
from workflow.aws.clients import cloudwatch

if TYPE_CHECKING:
    from workflow.contracts.deploy_model import ScaleEndpointInput
    from workflow.settings import ScaleEndpointSettings


def watch(given: ScaleEndpointInput, settings: ScaleEndpointSettings) -> None:
    """Put the alarm, or take it back where the stack wants none; again is as good as once."""
    deployment = given.deployment
    if settings.alarms == "none":
        remove_endpoint_alarm(deployment.endpoint)
        return
    request = endpoint_alarm_request(
        deployment.endpoint,
        deployment.model,
        limit=settings.endpoint_error_limit,
        topic_arn=settings.topic_arn,
    )
    cloudwatch().put_metric_alarm(**request)
    _tag(deployment.endpoint, {MODEL_TAG: deployment.model, **given.tags})


def _tag(endpoint: str, tags: dict[str, str]) -> None:
    """Tag it. PutMetricAlarm takes tags for a new alarm alone (its API reference)."""
    found = cloudwatch().describe_alarms(AlarmNames=[endpoint_alarm_name(endpoint)])
    for alarm in found["MetricAlarms"]:
        cloudwatch().tag_resource(
            ResourceARN=alarm["AlarmArn"],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
