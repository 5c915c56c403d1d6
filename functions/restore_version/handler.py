"""Restore Version: reads the record of an earlier version, so that it can go live again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.drop import model_name
from model_packager.rejection import ModelRejected, SpecRejected
from model_packager.sagemaker.cost_limits import CostLimits, check_limits
from workflow.contracts.deploy_model import RestoreVersionInput, RestoreVersionOutput
from workflow.settings import RestoreVersionSettings
from workflow.step import step
from workflow.versions.deployment_record import read_record

if TYPE_CHECKING:
    from model_packager.sagemaker.hosting import Hosting
    from model_packager.stored import ServableModel


@step(RestoreVersionInput)
def handler(event: RestoreVersionInput) -> RestoreVersionOutput:
    """Return the contents of the record. This execution becomes the owner of the deployment."""
    model = model_name(event.source.key)
    settings = RestoreVersionSettings.read()
    record = read_record(settings.artifact_bucket, model, event.version)
    if record is None:
        raise ModelRejected(
            f"Version {event.version} of {model} never went live, or is no longer kept.",
            f"Choose a version that `modeldrop history {model}` lists, or upload the model again.",
        )
    if record.deployment.pool is None:  # a pool keeps its current instances
        limits = CostLimits.model_validate(settings.model_dump())
        _check_limits(event.version, record.servable, limits)
    allowed = settings.allow_network_access == "true"
    _check_network(event.version, record.servable.hosting, allowed=allowed)
    return RestoreVersionOutput(
        deployment=record.deployment.model_copy(update={"execution_arn": event.execution_arn}),
        source=record.source,
        servable=record.servable,
        package=record.package,
    )


def _check_network(version: str, hosting: Hosting, *, allowed: bool) -> None:
    """Reject a version with network access if the stack no longer allows it."""
    if not hosting.network_isolation and not allowed:
        raise SpecRejected(
            f"Version {version} has network access, which the stack does not allow.",
            "Roll back to another version, or deploy the stack with AllowNetworkAccess=true and "
            "roll back again.",
        )


def _check_limits(version: str, servable: ServableModel, limits: CostLimits) -> None:
    """Reject a version that the stack would no longer accept as a drop.

    IAM cannot do this: the endpoint config exists, and only CreateEndpointConfig has the condition
    key sagemaker:InstanceTypes (service authorization reference).
    """
    hosting = servable.hosting
    try:
        check_limits(
            servable.spec,
            limits,
            instance_type=hosting.instance_type,
            instance_count=hosting.instance_count,
        )
    except SpecRejected as error:
        raise SpecRejected(
            f"Version {version} exceeds the limits of the stack. {error.cause}",
            "Restore another version, upload the model with a deploy.yaml within the limits, or "
            "deploy the stack with other limits (AllowedInstanceTypes, MaxInstances).",
        ) from error
