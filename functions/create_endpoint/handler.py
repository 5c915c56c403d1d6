"""Create Endpoint: creates the endpoint, or updates it in place under its stable name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from create_endpoint.replacement import instances_after, keeps_count, replace
from create_endpoint.staging import require_own
from model_packager.names import resource_name
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

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


@step(CreateEndpointInput)
def handler(event: CreateEndpointInput) -> CreateEndpointOutput:
    """Create or update the endpoint; idempotent."""
    deployment, target = event.deployment, event.target
    config = resource_name(deployment.endpoint, deployment.version)
    endpoint = describe(target)
    if endpoint is None:
        if event.restoring:
            remember_previous(config, None, deployment.execution_arn)
        return CreateEndpointOutput(endpoint_arn=_create(event, config), rollout_seconds=0)
    arn, seconds = endpoint["EndpointArn"], 0
    if target != deployment.endpoint:
        require_own(endpoint, config)
    elif not is_going_to(endpoint, config) or _is_owned_by_another(event, config):
        bucket = CreateEndpointSettings.read().artifact_bucket
        arn, seconds = replace(endpoint, event, config, bucket), _seconds(endpoint, event)
    elif endpoint["EndpointStatus"] == "Updating":
        seconds = _seconds(endpoint, event)
    return CreateEndpointOutput(endpoint_arn=arn, rollout_seconds=seconds)


def _is_owned_by_another(event: CreateEndpointInput, config: str) -> bool:
    """Return whether another execution deployed the config of the version to restore.

    A dropped version is always owned by this execution, which has claimed it.
    """
    owner = config_tags(config) if event.restoring else None
    return owner is not None and owner.execution_arn != event.deployment.execution_arn


def _seconds(endpoint: DescribeEndpointOutputTypeDef, event: CreateEndpointInput) -> int:
    keeps = keeps_count(endpoint, event)
    return waiting_seconds(event.rollout, instances_after(endpoint, event, keeps=keeps))


def _create(event: CreateEndpointInput, config: str) -> str:
    all_tags = [*tags(event.deployment), *requested_tags(event.hosting)]
    request = create_endpoint_request(event.target, config=config, tags=all_tags)
    try:
        return sagemaker().create_endpoint(**request)["EndpointArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        raise EndpointBusy(
            f"Another deployment has just created the endpoint {event.target}.",
            "No action needed: this step is retried when that deployment has ended.",
        ) from error
