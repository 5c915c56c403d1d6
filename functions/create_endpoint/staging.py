"""The endpoint that a version is tested on before it meets a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.aws.clients import sagemaker
from workflow.errors import EndpointBusy
from workflow.versions.endpoint import SETTLED

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


def require_own(endpoint: DescribeEndpointOutputTypeDef, config: str) -> None:
    """Let an endpoint pass that is on its way to the config.

    Its name holds the version, so any other is what is left of an earlier try, and goes.

    Raises:
        EndpointBusy: it has failed and is being removed.
    """
    name, status = endpoint["EndpointName"], endpoint["EndpointStatus"]
    if endpoint["EndpointConfigName"] == config and status not in {"Failed", "Deleting"}:
        return
    if status in SETTLED:
        sagemaker().delete_endpoint(EndpointName=name)
    raise EndpointBusy(
        f"The staging endpoint {name} is {status} and is being removed.",
        "No action needed: this step is retried when it is gone.",
    )
