"""The state of an endpoint, from DescribeEndpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import does_not_exist
from workflow.aws.clients import sagemaker

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

SETTLED = frozenset({"InService", "Failed", "OutOfService", "UpdateRollbackFailed"})
"""The statuses of an endpoint that is not in transition (DescribeEndpoint API reference)."""

SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack"})
"""The statuses in which the endpoint answers, with the config that DescribeEndpoint names."""

WITHOUT_CLIENTS = frozenset({"Failed", "Deleting"})
"""The statuses in which the endpoint never answers again."""


def describe(endpoint: str) -> DescribeEndpointOutputTypeDef | None:
    """Describe the endpoint; None if it does not exist."""
    try:
        return sagemaker().describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        if does_not_exist(error):
            return None
        raise


def configs_of(endpoint: DescribeEndpointOutputTypeDef) -> tuple[str, ...]:
    """Return the current config, and the config of a pending deployment, if there is one."""
    pending = endpoint.get("PendingDeploymentSummary", {}).get("EndpointConfigName")
    running = endpoint["EndpointConfigName"]
    return (running,) if pending in (None, running) else (running, pending)


def is_going_to(endpoint: DescribeEndpointOutputTypeDef, config: str) -> bool:
    """Return whether the config is the endpoint's current or pending one."""
    return config in configs_of(endpoint)
