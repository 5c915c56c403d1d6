"""Reads the record of the version that a rollback returns to, and restores its scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import step_error
from workflow.aws.scaling import register, register_async
from workflow.errors import AwsRefused, ScalingNotRestored
from workflow.versions.deployment_record import read_record, superseded_record
from workflow.versions.live_version import live_version

if TYPE_CHECKING:
    from model_packager.spec.deploy_spec import DeploySpec
    from model_packager.stored import Deployment, DeploymentRecord


def live_record(bucket: str, deployment: Deployment) -> DeploymentRecord | None:
    """Read the live version's record; None if no version is live, or it was never verified."""
    live = live_version(deployment.endpoint, deployment.model)
    return read_record(bucket, deployment.model, live) if live else None


def sleeping_record(
    bucket: str, deployment: Deployment, *, restoring: bool
) -> DeploymentRecord | None:
    """Read the record of the version with which the model sleeps after the rollback.

    It is the version that could not be woken, or the one that slept until this drop.
    """
    if restoring:
        return read_record(bucket, deployment.model, deployment.version)
    return superseded_record(bucket, deployment)


def restore_scaling(endpoint: str, record: DeploymentRecord | None) -> None:
    """Register the scaling of the live version's record. Idempotent.

    Raises:
        ScalingNotRestored: AWS refused it, and a retry would not help.
    """
    if record is None:
        return
    try:
        _register(endpoint, record.servable.spec)
    except ClientError as error:
        refused = step_error(error)
        if isinstance(refused, AwsRefused):
            raise ScalingNotRestored(refused.cause, refused.fix) from error
        raise


def _register(endpoint: str, spec: DeploySpec) -> None:
    if spec.hosting.is_async:
        register_async(endpoint, spec.hosting)
    elif spec.autoscaling is not None:
        register(endpoint, spec.autoscaling)
