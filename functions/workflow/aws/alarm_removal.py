"""Removing alarms: a rollout's with its end, an endpoint's with the endpoint."""

from __future__ import annotations

from botocore.exceptions import ClientError

from model_packager.sagemaker.deployment_guardrails import alarm_names
from model_packager.sagemaker.endpoint_alarm import endpoint_alarm_name
from workflow.aws.aws_errors import code
from workflow.aws.clients import cloudwatch


def remove_alarms(config: str) -> None:
    """Delete those of a rollout: they watch a version only while it goes live."""
    for name in alarm_names(config):
        _remove(name)


def remove_endpoint_alarm(endpoint: str) -> None:
    """Delete the one that watches an endpoint while it serves; again is as good as once."""
    _remove(endpoint_alarm_name(endpoint))


def _remove(name: str) -> None:
    """Delete one by itself: with one that is missing DeleteAlarms deletes none of several.

    Source: DeleteAlarms API reference.
    """
    try:
        cloudwatch().delete_alarms(AlarmNames=[name])
    except ClientError as error:
        if code(error) not in {"ResourceNotFound", "ResourceNotFoundException"}:
            raise
