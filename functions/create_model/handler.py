"""Create Model: creates the SageMaker model with the Triton image."""

from botocore.exceptions import ClientError

from create_model.pool_model import join, pool_uri
from model_packager.sagemaker.requests import create_model_request, pool_tags
from workflow.aws.aws_errors import already_exists
from workflow.aws.clients import sagemaker
from workflow.contracts.deploy_model import CreateModelInput, CreateModelOutput
from workflow.settings import CreateModelSettings
from workflow.step import step
from workflow.versions.ownership import tags


@step(CreateModelInput)
def handler(event: CreateModelInput) -> CreateModelOutput:
    """Create the model. An existing one is from an earlier attempt of this execution.

    The models of a pool share one SageMaker model, which the first of them creates. A drop that
    changes the pool creates another one.
    """
    deployment, servable, settings = event.deployment, event.servable, CreateModelSettings.read()
    pool, change = deployment.pool, None
    if pool is not None:
        deployment, servable, change = join(event, pool, settings)
    name = deployment.config
    request = create_model_request(
        name,
        role_arn=settings.execution_role_arn,
        artifact_uri=event.artifact_uri if pool is None else pool_uri(event),
        hosting=servable.hosting,
        tags=tags(deployment) if pool is None else pool_tags(pool),
    )
    try:
        arn = sagemaker().create_model(**request)["ModelArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        arn = sagemaker().describe_model(ModelName=name)["ModelArn"]
    return CreateModelOutput(
        model_arn=arn, deployment=deployment, servable=servable, pool_change=change
    )
