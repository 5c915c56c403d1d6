"""The autoscaling of the version that serves again; a change of instance type had ended it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.deployment_record import read_record
from workflow.live_version import live_version
from workflow.scaling import register

if TYPE_CHECKING:
    from workflow.contracts import Deployment


def restore_scaling(bucket: str, deployment: Deployment) -> None:
    """Register what the record of the live version says; again is as good as once."""
    live = live_version(deployment.endpoint)
    record = read_record(bucket, deployment.model, live) if live else None
    if record is not None and record.spec.autoscaling is not None:
        register(deployment.endpoint, record.spec.autoscaling)
