"""Create Endpoint Config: sets the instances that the version runs on."""

from botocore.exceptions import ClientError

from model_packager.names import resource_name
from model_packager.sagemaker.requests import create_endpoint_config_request
from workflow.aws.aws_errors import already_exists
from workflow.aws.clients import sagemaker
from workflow.contracts.deploy_model import CreateEndpointConfigInput, CreateEndpointConfigOutput
from workflow.step import step
from workflow.versions.ownership import config_only_tags, tags


@step(CreateEndpointConfigInput)
def handler(event: CreateEndpointConfigInput) -> CreateEndpointConfigOutput:
    """Create the config. An existing one is from an earlier attempt of this execution."""
    name = resource_name(event.deployment.endpoint, event.deployment.version)
    request = create_endpoint_config_request(
        name,
        hosting=event.hosting,
        tags=[*tags(event.deployment), *config_only_tags(event.deployment)],
    )
    try:
        arn = sagemaker().create_endpoint_config(**request)["EndpointConfigArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        arn = sagemaker().describe_endpoint_config(EndpointConfigName=name)["EndpointConfigArn"]
    return CreateEndpointConfigOutput(endpoint_config_arn=arn)
