"""Create Endpoint: creates the endpoint, or updates it in place under its stable name."""

from botocore.exceptions import ClientError

from create_endpoint.replacement import replace
from create_endpoint.staging import require_own
from model_packager.names import resource_name
from model_packager.sagemaker.deployment_guardrails import waiting_seconds
from model_packager.sagemaker.requests import create_endpoint_request, requested_tags
from workflow.aws.aws_errors import already_exists
from workflow.aws.clients import sagemaker
from workflow.contracts.deploy_model import CreateEndpointInput, CreateEndpointOutput
from workflow.errors import EndpointBusy
from workflow.step import step
from workflow.versions.endpoint import describe, is_going_to
from workflow.versions.ownership import config_tags, remember_previous, tags


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
    elif not is_going_to(endpoint, config) or _is_of_another(event, config):
        arn, seconds = replace(endpoint, event, config), _seconds(event)
    elif endpoint["EndpointStatus"] == "Updating":
        seconds = _seconds(event)
    return CreateEndpointOutput(endpoint_arn=arn, rollout_seconds=seconds)


def _is_of_another(event: CreateEndpointInput, config: str) -> bool:
    """Tell whether another execution brought the version that is to be restored onto the endpoint.

    A dropped version is this execution's own: it has claimed it.
    """
    made = config_tags(config) if event.restoring else None
    return made is not None and made.execution_arn != event.deployment.execution_arn


def _seconds(event: CreateEndpointInput) -> int:
    return waiting_seconds(event.rollout, event.hosting.instance_count)


def _create(event: CreateEndpointInput, config: str) -> str:
    every_tag = [*tags(event.deployment), *requested_tags(event.hosting)]
    request = create_endpoint_request(event.target, config=config, tags=every_tag)
    try:
        return sagemaker().create_endpoint(**request)["EndpointArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        raise EndpointBusy(
            f"The endpoint {event.target} was created by another deployment a moment ago.",
            "No action needed: this step is retried when that deployment has ended.",
        ) from error
