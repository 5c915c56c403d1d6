"""Deletes the CloudWatch alarms of rollouts and endpoints."""

from __future__ import annotations

from botocore.exceptions import ClientError

from model_packager.sagemaker.deployment_guardrails import alarm_names
from model_packager.sagemaker.endpoint_alarm import backlog_alarm_name, endpoint_alarm_name
from workflow.aws.aws_errors import code
from workflow.aws.clients import cloudwatch


def remove_alarms(config: str) -> None:
    """Delete the alarms of a rollout, which are needed only until the version is live."""
    for name in alarm_names(config):
        _remove(name)


def remove_endpoint_alarm(endpoint: str) -> None:
    """Delete the alarm of an endpoint; idempotent."""
    _remove(endpoint_alarm_name(endpoint))


def remove_backlog_alarm(endpoint: str) -> None:
    """Delete the alarm that starts the first instance of an asynchronous endpoint; idempotent."""
    _remove(backlog_alarm_name(endpoint))


def _remove(name: str) -> None:
    """Delete one alarm per call.

    If one of several is missing, DeleteAlarms deletes the others (its API reference; until 2026 it
    said that it deletes none).
    """
    try:
        cloudwatch().delete_alarms(AlarmNames=[name])
    except ClientError as error:
        if code(error) not in {"ResourceNotFound", "ResourceNotFoundException"}:
            raise
