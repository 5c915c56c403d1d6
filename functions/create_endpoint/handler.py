"""Create Endpoint: create it, or update it in place. Clients never see its name change."""

from botocore.exceptions import ClientError

from create_endpoint.replacement import replace
from create_endpoint.staging import require_own
from model_packager.names import resource_name
from model_packager.rollout import waiting_seconds
from model_packager.sagemaker_requests import create_endpoint_request, wished_tags
from workflow.aws_errors import already_exists
from workflow.clients import sagemaker
from workflow.contracts import CreateEndpointInput, CreateEndpointOutput
from workflow.endpoint import describe, is_going_to
from workflow.errors import EndpointBusy
from workflow.ownership import remember_previous, tags
from workflow.step import step


@step(CreateEndpointInput)
def handler(given: CreateEndpointInput) -> CreateEndpointOutput:
    """Bring the endpoint on its way to this version; again is as good as once."""
    deployment, target = given.deployment, given.target
    config = resource_name(deployment.endpoint, deployment.version)
    endpoint = describe(target)
    if endpoint is None:
        if given.restoring:
            remember_previous(config, None, deployment.execution_arn)
        return CreateEndpointOutput(endpoint_arn=_create(given, config), rollout_seconds=0)
    if target != deployment.endpoint:
        require_own(endpoint, config)
    elif not is_going_to(endpoint, config):
        arn = replace(endpoint, given, config)
        seconds = waiting_seconds(given.rollout, given.hosting.instance_count)
        return CreateEndpointOutput(endpoint_arn=arn, rollout_seconds=seconds)
    return CreateEndpointOutput(endpoint_arn=endpoint["EndpointArn"], rollout_seconds=0)


def _create(given: CreateEndpointInput, config: str) -> str:
    every_tag = [*tags(given.deployment), *wished_tags(given.hosting)]
    request = create_endpoint_request(given.target, config=config, tags=every_tag)
    try:
        return sagemaker().create_endpoint(**request)["EndpointArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        raise EndpointBusy(
            f"The endpoint {given.target} was created by another deployment a moment ago.",
            "Nothing to do: it is tried again when that deployment has ended.",
        ) from error
