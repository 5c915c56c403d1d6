"""Whether an endpoint that serves may be given another version, and giving it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from create_endpoint.endpoint_lock import wait_for_turn
from create_endpoint.rollout_alarms import put_alarms
from model_packager.names import version_in
from model_packager.sagemaker.deployment_guardrails import guardrails
from model_packager.sagemaker.requests import requested_tags, update_endpoint_request
from workflow.aws.clients import sagemaker
from workflow.aws.scaling import deregister_for, is_scaled
from workflow.errors import (
    DuplicateDrop,
    EndpointBusy,
    EndpointFailed,
    ModelRejected,
    SupersededDrop,
)
from workflow.versions.ownership import config_tags, last_verified, remember_previous

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    from workflow.contracts.deploy_model import CreateEndpointInput


def replace(
    endpoint: DescribeEndpointOutputTypeDef, event: CreateEndpointInput, config: str
) -> str:
    """Update the endpoint to the config, and give its ARN.

    An endpoint may run on it already, untested, where the execution that brought it was stopped.

    Raises:
        DuplicateDrop: it serves already, and has passed its test.
        ModelRejected: the endpoint was not made by Modeldrop.
        SupersededDrop: what serves is later than this version.
        EndpointFailed: it is in a state that only its owner can end.
        EndpointBusy: it is in transition, another version is on trial there, or it had failed and
            is being removed.
    """
    require_replaceable(endpoint, event)
    name, live = endpoint["EndpointName"], endpoint["EndpointConfigName"]
    if live == config:
        require_untested(config)
    remember_previous(config, last_verified(live, config), event.deployment.execution_arn)
    if live == config:
        return endpoint["EndpointArn"]
    deregister_for(name, live, event.hosting.instance_type)
    if event.hosting.tags:  # the endpoint's others stay
        wished = requested_tags(event.hosting)
        sagemaker().add_tags(ResourceArn=endpoint["EndpointArn"], Tags=wished)
    alarms = put_alarms(name, config, event.rollout)
    request = update_endpoint_request(
        name,
        config=config,
        guardrails=guardrails(event.rollout, event.hosting.instance_count, alarms),
        keep_count=is_scaled(name),
    )
    return sagemaker().update_endpoint(**request)["EndpointArn"]


def require_untested(config: str) -> None:
    """Let a config pass that serves and has not passed its test; raises as `replace` does."""
    made = config_tags(config)
    if made is not None and made.verified:
        raise DuplicateDrop(f"{config} serves already.", "Nothing to do.")


def require_replaceable(
    endpoint: DescribeEndpointOutputTypeDef, event: CreateEndpointInput
) -> None:
    """Let an endpoint pass that may be updated now; raises as `replace` does."""
    name, status, live = (
        endpoint["EndpointName"],
        endpoint["EndpointStatus"],
        endpoint["EndpointConfigName"],
    )
    live_version = version_in(name, live)
    if live_version is None:
        raise ModelRejected(
            f"The endpoint {name} exists and was not made by Modeldrop: its config is {live}.",
            "Drop the model under another name, or delete that endpoint.",
        )
    if status in {"OutOfService", "UpdateRollbackFailed"}:
        raise EndpointFailed(
            f"The endpoint {name} is {status}: SageMaker takes no update for it.",
            f"Delete the endpoint {name} (clients get errors until it is back), then drop the "
            "model again.",
        )
    wait_for_turn(live, event.deployment.execution_arn)
    if status == "Failed":
        # A failed endpoint can only be deleted (DescribeEndpoint API reference).
        sagemaker().delete_endpoint(EndpointName=name)
    if status != "InService":
        raise EndpointBusy(
            f"The endpoint {name} is {status}.", "No action needed: this step is retried later."
        )
    if live_version > event.deployment.version and not event.restoring:
        raise SupersededDrop(
            f"Version {live_version} is live on {name}, and is later than "
            f"{event.deployment.version}.",
            "Nothing to do. To serve this model after all, drop it again.",
        )
