"""The hosting mode of an endpoint, which no update can change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import does_not_exist
from workflow.aws.clients import sagemaker
from workflow.errors import ModelRejected

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    from workflow.contracts.deploy_model import CreateEndpointInput

_NAMES = {True: "async", False: "real_time"}


def require_same_mode(live: str, event: CreateEndpointInput) -> None:
    """Return if the live config has the hosting mode of the new version.

    SageMaker refuses the change: "The AsyncInferenceConfig parameter cannot be removed from this
    endpoint" (aws/sagemaker-python-sdk#3124).

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
    running, requested = "AsyncInferenceConfig" in config, event.hosting.async_inference is not None
    if running != requested:
        model = event.deployment.model
        raise ModelRejected(
            f"The endpoint of {model} has the hosting mode {_NAMES[running]}, and SageMaker cannot "
            f"change it to {_NAMES[requested]}.",
            f"Retire the model first (modeldrop delete {model}), then upload it again. Or set "
            f"hosting.mode to {_NAMES[running]} in deploy.yaml.",
        )


def runs_instances(endpoint: DescribeEndpointOutputTypeDef) -> bool:
    """Return whether the endpoint has instances, or starts some."""
    variants = endpoint.get("ProductionVariants", [])
    return any(each.get("DesiredInstanceCount", 1) > 0 for each in variants)
