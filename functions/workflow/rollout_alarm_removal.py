"""Removing the alarms of a rollout: they watch a version only while it goes live."""

from __future__ import annotations

from botocore.exceptions import ClientError

from model_packager.rollout import alarm_names
from workflow.aws_errors import code
from workflow.clients import cloudwatch


def remove_alarms(config: str) -> None:
    """Delete them, each by itself: with one that is missing DeleteAlarms deletes none of several.

    Source: DeleteAlarms API reference.
    """
    for name in alarm_names(config):
        try:
            cloudwatch().delete_alarms(AlarmNames=[name])
        except ClientError as error:
            if code(error) not in {"ResourceNotFound", "ResourceNotFoundException"}:
                raise
