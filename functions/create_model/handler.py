"""Create Model: the SageMaker model, on the Triton image."""

from botocore.exceptions import ClientError

from model_packager.names import resource_name
from workflow.aws_errors import already_exists
from workflow.clients import sagemaker
from workflow.contracts import CreateModelInput, CreateModelOutput
from workflow.ownership import tags
from workflow.settings import CreateModelSettings
from workflow.step import step


@step(CreateModelInput)
def handler(given: CreateModelInput) -> CreateModelOutput:
    """Create the model; one that exists is this execution's own, made before a retry."""
    name = resource_name(given.deployment.endpoint, given.deployment.version)
    role = CreateModelSettings().execution_role_arn
    try:
        arn = sagemaker().create_model(
            ModelName=name,
            ExecutionRoleArn=role,
            PrimaryContainer={
                "Image": given.hosting.image,
                "ModelDataUrl": given.artifact_uri,
                "Environment": given.hosting.environment,
            },
            Tags=tags(given.deployment),
        )["ModelArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        arn = sagemaker().describe_model(ModelName=name)["ModelArn"]
    return CreateModelOutput(model_arn=arn)
