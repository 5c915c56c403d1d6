"""Create Endpoint Config: what the endpoint is to run on."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from model_packager.names import resource_name
from workflow.aws_errors import already_exists
from workflow.clients import sagemaker
from workflow.contracts import CreateEndpointConfigInput, CreateEndpointConfigOutput
from workflow.ownership import tags
from workflow.step import step

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.literals import ProductionVariantInstanceTypeType

VARIANT = "primary"
"""The same in every version: deployment guardrails ask for it (SageMaker developer guide)."""


@step(CreateEndpointConfigInput)
def handler(given: CreateEndpointConfigInput) -> CreateEndpointConfigOutput:
    """Create the config; one that exists is this execution's own, made before a retry."""
    name = resource_name(given.deployment.endpoint, given.deployment.version)
    hosting = given.hosting
    try:
        arn = sagemaker().create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": VARIANT,
                    "ModelName": name,
                    "InstanceType": cast(
                        "ProductionVariantInstanceTypeType", hosting.instance_type
                    ),
                    "InitialInstanceCount": hosting.instance_count,
                    "InitialVariantWeight": 1.0,
                    "ModelDataDownloadTimeoutInSeconds": hosting.model_download_timeout_seconds,
                    "ContainerStartupHealthCheckTimeoutInSeconds": hosting.startup_timeout_seconds,
                }
            ],
            Tags=tags(given.deployment),
        )["EndpointConfigArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        arn = sagemaker().describe_endpoint_config(EndpointConfigName=name)["EndpointConfigArn"]
    return CreateEndpointConfigOutput(endpoint_config_arn=arn)
