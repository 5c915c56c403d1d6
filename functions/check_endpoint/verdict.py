"""What an endpoint's description means for the version that is being deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from check_endpoint.container_log import last_errors, log_group
from model_packager.names import version_in
from workflow.endpoint import SETTLED
from workflow.errors import CapacityShort, EndpointFailed, EndpointRolledBack, SupersededDrop

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
    reason = _reason(endpoint)
    fix = (
        f"{_mend(reason)} and drop it again. The container's whole log is in the "
        f"CloudWatch log group {log_group(name)}."
    )
    if "InsufficientInstanceCapacity" in reason:
        raise CapacityShort(f"{config} could not be started on {name}: {reason}", fix)
    if status == "InService":
        raise EndpointRolledBack(
            f"SageMaker could not start {config} and went back to {live}: {reason}", fix
        )
    raise EndpointFailed(f"The endpoint {name} is {status}: {reason}", fix)


def _mend(reason: str) -> str:
    # Triton's own words, seen on tritonserver 2.51.
    if "failed to run warmup sample" in reason:
        return (
            "The model fails on the request that Triton warms it up with: set `model_warmup: "
            "false` in deploy.yaml, or give it data and batch_sizes that the model takes,"
        )
    return "Mend the model or deploy.yaml"


def _reason(endpoint: DescribeEndpointOutputTypeDef) -> str:
    reason = endpoint.get("FailureReason", "SageMaker gives no reason.")
    lines = last_errors(endpoint["EndpointName"])
    return f"{reason} The container said: {' | '.join(lines)}" if lines else reason
