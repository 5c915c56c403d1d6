"""Create Endpoint: creates the endpoint, or updates it in place under its stable name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from create_endpoint.pool import join_pool
from create_endpoint.staging import require_own
from create_endpoint.update import (
    instances_after,
    keeps_count,
    require_updatable,
    update,
)
from create_endpoint.waking import require_asleep
from model_packager.names.endpoint import resource_name, staging_endpoint_name
from model_packager.sagemaker.deployment_guardrails import waiting_seconds
from model_packager.sagemaker.requests import create_endpoint_request, requested_tags
from workflow.aws.aws_errors import already_exists
from workflow.aws.clients import sagemaker
from workflow.contracts.deploy_model import CreateEndpointInput, CreateEndpointOutput
from workflow.errors import EndpointBusy
from workflow.settings import CreateEndpointSettings
from workflow.step import step
from workflow.versions.endpoint import describe, is_going_to
from workflow.versions.ownership import config_tags, remember_previous, tags
from workflow.versions.staging import needs_staging

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


@step(CreateEndpointInput)
def handler(event: CreateEndpointInput) -> CreateEndpointOutput:
    """Create or update the endpoint; idempotent."""
    deployment = event.deployment
    if deployment.pool is not None:
        return join_pool(event, deployment.pool)
    config = resource_name(deployment.endpoint, deployment.version)
    staging = staging_endpoint_name(deployment.endpoint, deployment.version)
    live = describe(deployment.endpoint)
    # Another version may have gone live since Create Endpoint Config chose the target.
    tested = event.tested or event.restoring
    if event.target == staging or needs_staging(live, config, event.rollout, tested=tested):
        return _stage(event, live, staging, config)
    if live is None:
        if event.waking:
            require_asleep(CreateEndpointSettings.read().artifact_bucket, deployment)
        if event.restoring:
            remember_previous(config, None, deployment.execution_arn)
        return _output(event, deployment.endpoint, _create(event, deployment.endpoint, config))
    arn, seconds = live["EndpointArn"], 0
    if not is_going_to(live, config) or _is_owned_by_another(event, config):
        bucket = CreateEndpointSettings.read().artifact_bucket
        arn, seconds = update(live, event, config, bucket), _seconds(live, event)
    elif live["EndpointStatus"] == "Updating":
        seconds = _seconds(live, event)
    return _output(event, deployment.endpoint, arn, seconds)


def _output(
    event: CreateEndpointInput, target: str, arn: str, seconds: int = 0
) -> CreateEndpointOutput:
    return CreateEndpointOutput(
        endpoint_arn=arn, deployment=event.deployment, target=target, rollout_seconds=seconds
    )


def _stage(
    event: CreateEndpointInput,
    live: DescribeEndpointOutputTypeDef | None,
    name: str,
    config: str,
) -> CreateEndpointOutput:
    """Create the staging endpoint, after checking that the live endpoint may be updated."""
    if live is not None:
        require_updatable(live, event, CreateEndpointSettings.read().artifact_bucket)
    staging = describe(name)
    if staging is None:
        return _output(event, name, _create(event, name, config))
    require_own(staging, config)
    return _output(event, name, staging["EndpointArn"])


def _is_owned_by_another(event: CreateEndpointInput, config: str) -> bool:
    """Return whether another execution deployed the config of the version to restore.

    This execution always owns a dropped version, because it claimed the version.
    """
    owner = config_tags(config) if event.restoring else None
    return owner is not None and owner.execution_arn != event.deployment.execution_arn


def _seconds(endpoint: DescribeEndpointOutputTypeDef, event: CreateEndpointInput) -> int:
    keeps = keeps_count(endpoint, event)
    return waiting_seconds(event.rollout, instances_after(endpoint, event, keeps=keeps))


def _create(event: CreateEndpointInput, name: str, config: str) -> str:
    all_tags = [*tags(event.deployment), *requested_tags(event.hosting)]
    request = create_endpoint_request(name, config=config, tags=all_tags)
    try:
        return sagemaker().create_endpoint(**request)["EndpointArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        raise EndpointBusy(
            f"Another deployment has just created the endpoint {name}.",
            "No action needed: this step is retried when that deployment has ended.",
        ) from error
