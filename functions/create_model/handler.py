"""Create Model: creates the SageMaker model with the Triton image."""

from botocore.exceptions import ClientError

from model_packager.names import resource_name
from model_packager.sagemaker.requests import create_model_request
from workflow.aws.aws_errors import already_exists
from workflow.aws.clients import sagemaker
from workflow.contracts.deploy_model import CreateModelInput, CreateModelOutput
from workflow.settings import CreateModelSettings
from workflow.step import step
from workflow.versions.ownership import tags


@step(CreateModelInput)
def handler(event: CreateModelInput) -> CreateModelOutput:
    """Create the model. An existing one is from an earlier attempt of this execution."""
    name = resource_name(event.deployment.endpoint, event.deployment.version)
    request = create_model_request(
        name,
        role_arn=CreateModelSettings.read().execution_role_arn,
        artifact_uri=event.artifact_uri,
        hosting=event.hosting,
        tags=tags(event.deployment),
    )
    try:
        arn = sagemaker().create_model(**request)["ModelArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        arn = sagemaker().describe_model(ModelName=name)["ModelArn"]
    return CreateModelOutput(model_arn=arn)
