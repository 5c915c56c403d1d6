"""The SageMaker model of a pool: the one that its models share, or a new one for a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from create_model.room import require_room
from model_packager.names.pool import pool_config_names
from model_packager.sagemaker.cost_limits import CostLimits
from model_packager.sagemaker.pool.hosting import (
    PoolEndpoint,
    contradicts,
    differences,
    pool_hosting,
)
from model_packager.stored import PoolChange
from workflow.aws.clients import sagemaker
from workflow.errors import EndpointBusy
from workflow.pool.endpoint_configs import other_config
from workflow.pool.live_models import live_records
from workflow.pool.lock import take
from workflow.versions.endpoint import WITHOUT_CLIENTS, describe
from workflow.versions.version_removal import remove_hosting

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    from model_packager.stored import Deployment, DeploymentRecord, ServableModel
    from workflow.contracts.deploy_model import CreateModelInput
    from workflow.settings import CreateModelSettings


def pool_uri(event: CreateModelInput) -> str:
    """Return the S3 URI of the pool's archives, from that of the version's archive."""
    return event.artifact_uri.removesuffix(event.deployment.target_model or "")


def join(
    event: CreateModelInput, pool: str, settings: CreateModelSettings
) -> tuple[Deployment, ServableModel, PoolChange | None]:
    """Take the pool's lock, and decide what the pool runs after the drop.

    Returns:
        The deployment with the endpoint config to use; the model with the instances of the pool;
        and the change of the pool's endpoint, if the drop requests one. For a change, this function
        has deleted the endpoint config of an earlier attempt.

    Raises:
        EndpointBusy: another execution is changing the pool, or its endpoint is in transition.
        SpecRejected: the models of the pool do not fit onto the instances together, or the stack no
            longer allows the instances that the pool keeps.
    """
    deployment, servable, bucket = event.deployment, event.servable, settings.artifact_bucket
    take(bucket, pool, deployment.execution_arn)
    endpoint = describe(deployment.endpoint)
    if endpoint is None or endpoint["EndpointStatus"] in WITHOUT_CLIENTS:
        first, _ = pool_config_names(deployment.endpoint)
        require_room(bucket, deployment, servable, ())
        remove_hosting(first)
        return deployment.in_pool_config(first), servable, None
    if endpoint["EndpointStatus"] != "InService":
        raise EndpointBusy(
            f"The endpoint {deployment.endpoint} is {endpoint['EndpointStatus']}.",
            "No action needed: this step is retried when it has settled.",
        )
    running = _running(endpoint)
    hosting = pool_hosting(
        servable.hosting,
        servable.spec,
        running,
        CostLimits.model_validate(settings.model_dump()),
        region=settings.aws_region,
        release=settings.triton_release,
    )
    servable = servable.model_copy(update={"hosting": hosting})
    records = list(live_records(bucket, pool))
    require_room(bucket, deployment, servable, records)
    texts = differences(running, hosting)
    if texts is None:
        return deployment.in_pool_config(endpoint["EndpointConfigName"]), servable, None
    config = other_config(endpoint)
    remove_hosting(config)
    before, after = texts
    change = PoolChange(
        before=before,
        after=after,
        contradicted_by=_contradicting(records, deployment, servable),
    )
    return deployment.in_pool_config(config), servable, change


def _running(endpoint: DescribeEndpointOutputTypeDef) -> PoolEndpoint:
    config = sagemaker().describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    name = config["ProductionVariants"][0]["ModelName"]
    return PoolEndpoint.of(config, sagemaker().describe_model(ModelName=name))


def _contradicting(
    records: list[DeploymentRecord], deployment: Deployment, servable: ServableModel
) -> tuple[str, ...]:
    return tuple(
        each.deployment.model
        for each in records
        if each.deployment.model != deployment.model
        and contradicts(each.servable.spec.endpoint, servable.hosting)
    )
