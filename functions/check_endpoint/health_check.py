"""Decides from an endpoint's description whether the deployed version is ready or failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from check_endpoint.container_log import tail
from model_packager.error_message import Remedy
from model_packager.sagemaker.cloudwatch import log_group
from model_packager.spec.yaml.lines import PASTE
from workflow.errors import (
    CapacityShort,
    EndpointFailed,
    EndpointRolledBack,
    EndpointTimedOut,
    SupersededDrop,
)
from workflow.failures.diagnosis import diagnose, diagnose_timeout, is_explained
from workflow.failures.failure import Diagnosis, FailureKind
from workflow.failures.input_dims import wrong_dims
from workflow.failures.log_errors import error_lines_in
from workflow.failures.outputs_lines import lines_for_log
from workflow.versions.drop_order import is_later
from workflow.versions.endpoint import SETTLED

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    from model_packager.signature import Signature
    from model_packager.stored import Deployment


LOG_DELAY = timedelta(seconds=10)
"""How long the last lines of a container may take to arrive in CloudWatch Logs."""


def is_ready(
    endpoint: DescribeEndpointOutputTypeDef,
    deployment: Deployment,
    signature: Signature,
    *,
    restoring: bool = False,
    has_fallback: bool = False,
    may_wait: bool = True,
) -> bool:
    """Return whether the endpoint serves the version.

    It is False during a transition. It is also False for LOG_DELAY after a failure that the
    container's log does not explain yet.

    Args:
        endpoint: the response of DescribeEndpoint.
        deployment: the requested version.
        signature: the model's inputs and outputs, for the advice about outputs.
        restoring: whether an older version is being restored.
        has_fallback: whether the spec has an instance type that has not been tried.
        may_wait: whether the state machine checks again.

    Raises:
        CapacityShort: AWS has no capacity for the instance type. With a fallback type, a possible
            shortage counts as one: SageMaker started no container and gives no reason.
        EndpointFailed: the endpoint cannot start for another reason.
        EndpointRolledBack: SageMaker rolled back to the previous config. Only EndpointConfigName
            and FailureReason show it (terraform-provider-aws issues 46663, 48997).
        SupersededDrop: a later version is live. A later version is expected while an older one is
            restored, because SageMaker rolls back to it.
    """
    config = deployment.config
    name, status, live = (
        endpoint["EndpointName"],
        endpoint["EndpointStatus"],
        endpoint["EndpointConfigName"],
    )
    if status == "Deleting":
        raise EndpointFailed(
            f"Someone is deleting the endpoint {name}.",
            "Find out who (AWS CloudTrail: DeleteEndpoint), then upload the model again.",
        )
    if status not in SETTLED:
        return False
    if status == "InService" and live == config:
        return True
    if status == "InService" and not restoring and is_later(live, deployment):
        raise SupersededDrop(
            f"{live} replaced {config} on {name}.",
            "No action needed: the later drop is live.",
        )
    reason, lines = endpoint.get("FailureReason", ""), tail(name, deployment.version)
    is_recent = datetime.now(UTC) - endpoint["LastModifiedTime"] < LOG_DELAY
    if may_wait and is_recent and lines is not None and not is_explained(reason, lines):
        return False
    raise _failure(endpoint, diagnose(reason, lines), lines or [], signature, has_fallback)


def _failure(
    endpoint: DescribeEndpointOutputTypeDef,
    diagnosis: Diagnosis,
    lines: list[str],
    signature: Signature,
    has_fallback: bool,
) -> CapacityShort | EndpointFailed | EndpointRolledBack:
    """Return the error for an endpoint that does not run the version, from its container's log."""
    name, status = endpoint["EndpointName"], endpoint["EndpointStatus"]
    reason, errors = endpoint.get("FailureReason", ""), error_lines_in(lines)
    wrong, outputs = wrong_dims([reason, *errors], signature), lines_for_log(errors, signature)
    cause, remedy = diagnosis.cause, diagnosis.kind.remedy
    log = f"The container's complete log is in the CloudWatch log group {log_group(name)}."
    fix = f"{diagnosis.fix} Then upload the model again. {log}"
    if wrong is not None:
        cause, fix, remedy = wrong.cause, wrong.fix, Remedy.CORRECT_SPEC
    elif outputs is not None:
        fix, remedy = f"{log} {PASTE}\n{outputs}", Remedy.CORRECT_SPEC
    is_short = diagnosis.kind is FailureKind.CAPACITY or (
        has_fallback and diagnosis.kind is FailureKind.POSSIBLE_CAPACITY
    )
    error = EndpointRolledBack if status == "InService" else EndpointFailed
    live = endpoint["EndpointConfigName"]
    evidence = f"{name} is {status} with {live}. {diagnosis.evidence}".rstrip()
    return (CapacityShort if is_short else error)(cause, fix, evidence=evidence, remedy=remedy)


def timed_out(
    endpoint: DescribeEndpointOutputTypeDef,
    version: str,
    seconds: int,
    *,
    has_fallback: bool = False,
) -> CapacityShort | EndpointTimedOut:
    """Explain an endpoint that is still in transition.

    Returns:
        CapacityShort for a possible shortage if the spec has a fallback type, otherwise
        EndpointTimedOut.
    """
    name, status = endpoint["EndpointName"], endpoint["EndpointStatus"]
    diagnosis = diagnose_timeout(status, tail(name, version))
    short = has_fallback and diagnosis.kind is FailureKind.POSSIBLE_CAPACITY
    error = CapacityShort if short else EndpointTimedOut
    return error(
        f"The endpoint {name} was still {status} after {seconds} seconds. {diagnosis.cause}",
        f"{diagnosis.fix} If it only needs more time, raise EndpointTimeoutSeconds in `sam "
        "deploy`. Then upload the model again. The container's complete log is in the CloudWatch "
        f"log group {log_group(name)}.",
        evidence=diagnosis.evidence,
        remedy=diagnosis.kind.remedy,
    )
