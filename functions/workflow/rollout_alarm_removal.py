"""Removing the alarms of a rollout: they watch a version only while it goes live."""

from __future__ import annotations

from model_packager.rollout import alarm_names
from workflow.clients import cloudwatch


def remove_alarms(config: str) -> None:
    """Delete them. DeleteAlarms passes over names that are not there (its API reference)."""
    cloudwatch().delete_alarms(AlarmNames=list(alarm_names(config)))
