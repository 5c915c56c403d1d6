"""Create Model: the SageMaker model, on the Triton image."""

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
def handler(given: CreateModelInput) -> CreateModelOutput:
    """Create the model; one that exists is this execution's own, made before a retry."""
    name = resource_name(given.deployment.endpoint, given.deployment.version)
    request = create_model_request(
        name,
        role_arn=CreateModelSettings.read().execution_role_arn,
        artifact_uri=given.artifact_uri,
        hosting=given.hosting,
        tags=tags(given.deployment),
    )
    try:
        arn = sagemaker().create_model(**request)["ModelArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        arn = sagemaker().describe_model(ModelName=name)["ModelArn"]
    return CreateModelOutput(model_arn=arn)
