"""Create Endpoint: create it, or update it in place. Clients never see its name change."""

from create_endpoint.replacement import replace
from model_packager.names import resource_name
from model_packager.sagemaker_requests import create_endpoint_request
from workflow.clients import sagemaker
from workflow.contracts import CreateEndpointInput, CreateEndpointOutput
from workflow.endpoint import describe, is_going_to
from workflow.ownership import tags, wished_tags
from workflow.step import step


@step(CreateEndpointInput)
def handler(given: CreateEndpointInput) -> CreateEndpointOutput:
    """Bring the endpoint on its way to this version; again is as good as once."""
    deployment = given.deployment
    config = resource_name(deployment.endpoint, deployment.version)
    endpoint = describe(deployment.endpoint)
    if endpoint is None:
        request = create_endpoint_request(
            deployment.endpoint, config=config, tags=[*tags(deployment), *wished_tags(config)]
        )
        arn = sagemaker().create_endpoint(**request)["EndpointArn"]
    elif is_going_to(endpoint, config):
        arn = endpoint["EndpointArn"]
    else:
        arn = replace(endpoint, deployment, config)
    return CreateEndpointOutput(endpoint_arn=arn)
