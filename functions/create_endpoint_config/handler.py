"""Create Endpoint Config: sets the endpoint and the instances that the version runs on."""

from botocore.exceptions import ClientError

from model_packager.sagemaker.hosting import staging_hosting
from model_packager.sagemaker.requests import create_endpoint_config_request, pool_tags
from workflow.aws.aws_errors import already_exists
from workflow.aws.clients import sagemaker
from workflow.contracts.deploy_model import CreateEndpointConfigInput, CreateEndpointConfigOutput
from workflow.step import step
from workflow.versions.endpoint import describe
from workflow.versions.ownership import config_only_tags, tags
from workflow.versions.staging import needs_staging


@step(CreateEndpointConfigInput)
def handler(event: CreateEndpointConfigInput) -> CreateEndpointConfigOutput:
    """Create the config. An existing one is from an earlier attempt of this execution.

    The models of a pool share one config, which the first of them creates. A drop that changes the
    pool creates another one.
    """
    endpoint, pool = event.deployment.endpoint, event.deployment.pool
    name, target, hosting = event.deployment.config, endpoint, event.hosting
    if needs_staging(describe(endpoint), name, event.rollout, tested=event.tested):
        target = event.deployment.staging_endpoint
        hosting = staging_hosting(hosting, event.load)
    request = create_endpoint_config_request(
        name,
        hosting=hosting,
        tags=(
            [*tags(event.deployment), *config_only_tags(event.deployment)]
            if pool is None
            else pool_tags(pool)
        ),
    )
    try:
        arn = sagemaker().create_endpoint_config(**request)["EndpointConfigArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        existing = sagemaker().describe_endpoint_config(EndpointConfigName=name)
        arn = existing["EndpointConfigArn"]
    return CreateEndpointConfigOutput(endpoint_config_arn=arn, target=target)
