"""The inputs of executions that no S3 event starts: restoring a version, and putting it to sleep.

The first state of each state machine reads them. EventBridge Scheduler replaces SCHEDULED_TIME in
the input of a schedule (its user guide, "Adding context attributes").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model_packager.stored import Source

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


def restore_input(source: Source, version: str, time: str) -> dict[str, Any]:
    """Return the input of deploy_model that restores a version: its drop's event, with more keys.

    Args:
        source: the version's drop.
        version: the version to restore.
        time: ISO 8601, or SCHEDULED_TIME.
    """
    dropped = {"key": source.key, "etag": source.etag}
    if source.version_id is not None:
        dropped["version-id"] = source.version_id
    return {
        "time": time,
        "detail": {"bucket": {"name": source.bucket}, "object": dropped},
        "restore": version,
    }


def wake_input(source: Source, version: str, time: str) -> dict[str, Any]:
    """Return the input of deploy_model that restores a version only if the model sleeps."""
    return restore_input(source, version, time) | {"wake": True}


def sleep_input(model: str, reason: str, time: str) -> dict[str, Any]:
    """Return the input of retire_model that puts a model to sleep.

    Args:
        model: the model's name.
        reason: COMMAND or SCHEDULE.
        time: ISO 8601, or SCHEDULED_TIME.
    """
    return {"retire": {"model": model, "reason": reason, "keep_versions": True}, "time": time}
