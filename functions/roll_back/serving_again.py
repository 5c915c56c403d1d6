"""What is known of the version that serves again; its scaling may have been ended meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.aws.scaling import register
from workflow.versions.deployment_record import read_record
from workflow.versions.live_version import live_version

if TYPE_CHECKING:
    from model_packager.stored import Deployment, DeploymentRecord


def serving_record(bucket: str, deployment: Deployment) -> DeploymentRecord | None:
    """Read the record of what is live; None where nothing is, or has not passed its test."""
    live = live_version(deployment.endpoint)
    return read_record(bucket, deployment.model, live) if live else None


def restore_scaling(endpoint: str, record: DeploymentRecord | None) -> None:
    """Register what the record of the live version says; again is as good as once."""
    if record is not None and record.servable.spec.autoscaling is not None:
        register(endpoint, record.servable.spec.autoscaling)
