"""Create Endpoint Config: what the endpoint is to run on."""

from botocore.exceptions import ClientError

from model_packager.names import resource_name
from model_packager.sagemaker.requests import create_endpoint_config_request
from workflow.aws.aws_errors import already_exists
from workflow.aws.clients import sagemaker
from workflow.contracts.deploy_model import CreateEndpointConfigInput, CreateEndpointConfigOutput
from workflow.step import step
from workflow.versions.ownership import tags


@step(CreateEndpointConfigInput)
def handler(given: CreateEndpointConfigInput) -> CreateEndpointConfigOutput:
    """Create the config; one that exists is this execution's own, made before a retry."""
    name = resource_name(given.deployment.endpoint, given.deployment.version)
    request = create_endpoint_config_request(
        name, hosting=given.hosting, tags=tags(given.deployment)
    )
    try:
        arn = sagemaker().create_endpoint_config(**request)["EndpointConfigArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        arn = sagemaker().describe_endpoint_config(EndpointConfigName=name)["EndpointConfigArn"]
    return CreateEndpointConfigOutput(endpoint_config_arn=arn)
