"""The hosting mode of an endpoint, which no update can change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import does_not_exist
from workflow.aws.clients import sagemaker
from workflow.errors import ModelRejected

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        DescribeEndpointConfigOutputTypeDef,
        DescribeEndpointOutputTypeDef,
    )

    from workflow.contracts.deploy_model import CreateEndpointInput


def require_same_mode(live: str, event: CreateEndpointInput) -> None:
    """Check that the live config has the hosting mode of the new version.

    SageMaker refuses the change: "The AsyncInferenceConfig parameter cannot be removed from this
    endpoint" (aws/sagemaker-python-sdk#3124), and instances cannot become serverless (SageMaker
    developer guide, "Serverless Inference").

    Args:
        live: name of the live endpoint config.
        event: the step's input.

    Raises:
        ModelRejected: the modes differ.
    """
    try:
        config = sagemaker().describe_endpoint_config(EndpointConfigName=live)
    except ClientError as error:
        if does_not_exist(error):
            return
        raise
    running, requested = _mode_of(config), event.hosting.mode
    if running != requested:
        model = event.deployment.model
        raise ModelRejected(
            f"The endpoint of {model} has the hosting mode {running}, and SageMaker cannot "
            f"change it to {requested}.",
            f"Retire the model first (modeldrop delete {model}), then upload it again. Or set "
            f"hosting.mode to {running} in deploy.yaml.",
        )


def _mode_of(config: DescribeEndpointConfigOutputTypeDef) -> str:
    if "AsyncInferenceConfig" in config:
        return "async"
    is_serverless = any("ServerlessConfig" in each for each in config["ProductionVariants"])
    return "serverless" if is_serverless else "real_time"


def runs_instances(endpoint: DescribeEndpointOutputTypeDef) -> bool:
    """Return whether the endpoint has instances, or starts some."""
    variants = endpoint.get("ProductionVariants", [])
    return any(each.get("DesiredInstanceCount", 1) > 0 for each in variants)
