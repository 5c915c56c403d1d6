"""Create Endpoint: create it, or update it in place. Clients never see its name change."""

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
from workflow.versions.ownership import provenance, remember_previous, tags


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
    arn, seconds = endpoint["EndpointArn"], 0
    if target != deployment.endpoint:
        require_own(endpoint, config)
    elif not is_going_to(endpoint, config) or _is_of_another(given, config):
        arn, seconds = replace(endpoint, given, config), _seconds(given)
    elif endpoint["EndpointStatus"] == "Updating":
        seconds = _seconds(given)
    return CreateEndpointOutput(endpoint_arn=arn, rollout_seconds=seconds)


def _is_of_another(given: CreateEndpointInput, config: str) -> bool:
    """Tell whether another execution brought the version that is to be restored onto the endpoint.

    A dropped version is this execution's own: it has claimed it.
    """
    made = provenance(config) if given.restoring else None
    return made is not None and made.execution_arn != given.deployment.execution_arn


def _seconds(given: CreateEndpointInput) -> int:
    return waiting_seconds(given.rollout, given.hosting.instance_count)


def _create(given: CreateEndpointInput, config: str) -> str:
    every_tag = [*tags(given.deployment), *requested_tags(given.hosting)]
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
