"""Reads the live version's record, and restores its scaling after a rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.aws.scaling import register, register_async
from workflow.versions.deployment_record import read_record
from workflow.versions.live_version import live_version

if TYPE_CHECKING:
    from model_packager.stored import Deployment, DeploymentRecord


def live_record(bucket: str, deployment: Deployment) -> DeploymentRecord | None:
    """Read the live version's record; None if no version is live, or it was never verified."""
    live = live_version(deployment.endpoint, deployment.model)
    return read_record(bucket, deployment.model, live) if live else None


def restore_scaling(endpoint: str, record: DeploymentRecord | None) -> None:
    """Register the scaling of the live version's record. Idempotent."""
    if record is None:
        return
    spec = record.servable.spec
    if spec.hosting.is_async:
        register_async(endpoint, spec.hosting)
    elif spec.autoscaling is not None:
        register(endpoint, spec.autoscaling)
