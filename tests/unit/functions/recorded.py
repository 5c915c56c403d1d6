"""The deployment record of a live resnet, as Record Deployment writes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_spec import Endpoint
from tests.unit.functions import deployment_records
from tests.unit.functions.samples import ARTIFACTS
from workflow.versions.deployment_record import write_record

if TYPE_CHECKING:
    from model_packager.stored import DeploymentRecord

DEPLOYED_AT = datetime(2026, 8, 1, 15, 30, tzinfo=UTC)


def record(
    deployed_at: datetime = DEPLOYED_AT, time_to_live_hours: float | None = None
) -> DeploymentRecord:
    spec = DeploySpec(endpoint=Endpoint(time_to_live_hours=time_to_live_hours))
    deployment_record = deployment_records.record(spec=spec)
    return deployment_record.model_copy(update={"deployed_at": deployed_at})


def deploy(deployed_at: datetime = DEPLOYED_AT, time_to_live_hours: float | None = None) -> None:
    """Write the deployment record."""
    write_record(ARTIFACTS, record(deployed_at, time_to_live_hours))
