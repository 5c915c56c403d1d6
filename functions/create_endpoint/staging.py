"""The staging endpoint, which tests a version before clients use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.aws.clients import sagemaker
from workflow.errors import EndpointBusy
from workflow.versions.endpoint import SETTLED

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


def require_own(endpoint: DescribeEndpointOutputTypeDef, config: str) -> None:
    """Check that the staging endpoint runs the config, or is changing to it.

    The endpoint's name contains the version. So an endpoint with another config is left from an
    earlier attempt, and this function deletes it.

    Raises:
        EndpointBusy: the endpoint is being removed.
    """
    name, status = endpoint["EndpointName"], endpoint["EndpointStatus"]
    if endpoint["EndpointConfigName"] == config and status not in {"Failed", "Deleting"}:
        return
    if status in SETTLED:
        sagemaker().delete_endpoint(EndpointName=name)
    raise EndpointBusy(
        f"The staging endpoint {name} is {status} and is being removed.",
        "No action needed: this step is retried when the endpoint is gone.",
    )
