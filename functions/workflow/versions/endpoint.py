"""What an endpoint is doing, as SageMaker tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import does_not_exist
from workflow.aws.clients import sagemaker

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

SETTLED = frozenset({"InService", "Failed", "OutOfService", "UpdateRollbackFailed"})
"""The statuses in which nothing is under way (DescribeEndpoint API reference)."""

SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack"})
"""The statuses in which clients are answered, by the config that DescribeEndpoint names."""


def describe(endpoint: str) -> DescribeEndpointOutputTypeDef | None:
    """Describe the endpoint; None where there is none."""
    try:
        return sagemaker().describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        if does_not_exist(error):
            return None
        raise


def configs_of(endpoint: DescribeEndpointOutputTypeDef) -> tuple[str, ...]:
    """Name the config the endpoint runs on, and the one it is on its way to, where it is."""
    pending = endpoint.get("PendingDeploymentSummary", {}).get("EndpointConfigName")
    running = endpoint["EndpointConfigName"]
    return (running,) if pending in (None, running) else (running, pending)


def is_going_to(endpoint: DescribeEndpointOutputTypeDef, config: str) -> bool:
    """Tell whether the endpoint runs on the config, or is on its way to it."""
    return config in configs_of(endpoint)
