"""Reads the record of the live version, which a batch job runs, even if the model sleeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.errors import BatchFailed
from workflow.versions.deployment_record import read_live, read_record
from workflow.versions.live_version import live_version

if TYPE_CHECKING:
    from model_packager.stored import DeploymentRecord


def read_live_record(bucket: str, model: str, endpoint: str) -> DeploymentRecord:
    """Return the record of the live version.

    Raises:
        BatchFailed: no version of the model is live.
    """
    live = read_live(bucket, model)
    version = live.version if live else None
    if live is not None and live.pool is None and live.asleep_since is None:
        version = live_version(endpoint, model)
    record = read_record(bucket, model, version) if version else None
    if record is None:
        raise BatchFailed(
            f"No version of {model} is live.",
            "Upload the model, wait until it is live, then upload _READY again.",
        )
    return record
