"""What an endpoint's description means for the version that is being deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from check_endpoint.container_log import log_group, tail
from model_packager.names import version_in
from workflow.errors import (
    CapacityShort,
    EndpointFailed,
    EndpointRolledBack,
    EndpointTimedOut,
    SupersededDrop,
)
from workflow.failures.diagnosis import diagnose, diagnose_timeout
from workflow.failures.failure import FailureKind
from workflow.versions.endpoint import SETTLED

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


def is_ready(
    endpoint: DescribeEndpointOutputTypeDef, config: str, *, restoring: bool = False
) -> bool:
    """Tell whether the endpoint serves the config; False while something is under way.

    Raises:
        CapacityShort: AWS has no instance of the type now.
        EndpointFailed: it cannot be started for another reason.
        EndpointRolledBack: SageMaker went back to the config before. It says so nowhere but in
            EndpointConfigName and FailureReason (terraform-provider-aws issues 46663, 48997).
        SupersededDrop: a later version serves already; where an older one is being restored, that
            is what SageMaker went back to.
    """
    name, status, live = (
        endpoint["EndpointName"],
        endpoint["EndpointStatus"],
        endpoint["EndpointConfigName"],
    )
    if status == "Deleting":
        raise EndpointFailed(
            f"The endpoint {name} is being deleted by somebody else.",
            "Find out who (AWS CloudTrail: DeleteEndpoint), then drop the model again.",
        )
    if status not in SETTLED:
        return False
    if status == "InService" and live == config:
        return True
    later = (version_in(name, live) or "") > (version_in(name, config) or "")
    if status == "InService" and later and not restoring:
        raise SupersededDrop(
            f"{live} took the place of {config} on {name}.",
            "Nothing to do: the later drop is live.",
        )
    failure = diagnose(endpoint.get("FailureReason", ""), tail(name, version_in(name, config)))
    fix = (
        f"{failure.fix} Then drop the model again. The container's whole log is in the CloudWatch "
        f"log group {log_group(name)}."
    )
    if failure.kind is FailureKind.CAPACITY:
        raise CapacityShort(f"{config} could not be started on {name}: {failure.cause}", fix)
    if status == "InService":
        raise EndpointRolledBack(
            f"SageMaker could not start {config} and went back to {live}: {failure.cause}", fix
        )
    raise EndpointFailed(f"The endpoint {name} is {status}: {failure.cause}", fix)


def timed_out(
    endpoint: DescribeEndpointOutputTypeDef, version: str, seconds: int
) -> EndpointTimedOut:
    """Say of an endpoint that is still in transition why that may be."""
    name, status = endpoint["EndpointName"], endpoint["EndpointStatus"]
    hanging = diagnose_timeout(status, tail(name, version))
    return EndpointTimedOut(
        f"The endpoint {name} was still {status} after {seconds} seconds. {hanging.cause}",
        f"{hanging.fix} If it only needs longer, raise EndpointTimeoutSeconds in `sam deploy`. "
        f"Then drop the model again. The container's whole log is in the CloudWatch log group "
        f"{log_group(name)}.",
    )
