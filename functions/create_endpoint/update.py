"""Updating an existing endpoint to another version, if that is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from create_endpoint.hosting_mode import require_same_mode, runs_instances
from create_endpoint.rollout_alarms import put_alarms
from create_endpoint.waking import require_asleep
from model_packager.names.endpoint import version_in
from model_packager.sagemaker.deployment_guardrails import guardrails
from model_packager.sagemaker.requests import requested_tags, update_endpoint_request
from workflow.aws.clients import sagemaker
from workflow.aws.scaling import deregister_for, is_scaled
from workflow.errors import (
    DuplicateDrop,
    EndpointBusy,
    EndpointFailed,
    ModelRejected,
)
from workflow.versions.drop_order import is_later, superseded
from workflow.versions.endpoint_lock import require_unlocked
from workflow.versions.model_folder import require_folder
from workflow.versions.ownership import (
    config_tags,
    last_verified,
    other_model,
    remember_previous,
)

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    from workflow.contracts.deploy_model import CreateEndpointInput


def update(
    endpoint: DescribeEndpointOutputTypeDef, event: CreateEndpointInput, config: str, bucket: str
) -> str:
    """Update the endpoint to the config, and return the endpoint's ARN.

    The endpoint may already run the config if an earlier execution was stopped: before its test, or
    while it put the model to sleep.

    Args:
        endpoint: the model's endpoint.
        event: the step's input.
        config: the new endpoint config.
        bucket: the artifact bucket, which has the record of the live version.

    Raises:
        DuplicateDrop: the config is live, and has passed its test; the model to wake is awake.
        ModelRejected: Modeldrop did not create the endpoint, it is another model's, the live
            version was dropped in another folder, or it has another hosting mode.
        SupersededDrop: the live version is later than this version.
        EndpointFailed: the endpoint is in a status that only its owner can resolve.
        EndpointBusy: the endpoint is in transition, has another version under test, or has failed
            and is being removed.
    """
    require_updatable(endpoint, event, bucket)
    if event.waking:  # after the lock: a version is locked until live.json names it
        require_asleep(bucket, event.deployment)
    name, live = endpoint["EndpointName"], endpoint["EndpointConfigName"]
    if live == config and not event.waking:
        require_untested(config)
    # A model that cannot be woken has no version to return to: it stays asleep.
    previous = None if event.waking else last_verified(live, config)
    remember_previous(config, previous, event.deployment.execution_arn)
    if live == config:
        return endpoint["EndpointArn"]
    deregister_for(name, live, event.hosting.instance_type)
    if event.hosting.tags:  # AddTags keeps the endpoint's other tags
        new_tags = requested_tags(event.hosting)
        sagemaker().add_tags(ResourceArn=endpoint["EndpointArn"], Tags=new_tags)
    alarms, keeps = put_alarms(name, config, event.rollout), keeps_count(endpoint, event)
    instances = instances_after(endpoint, event, keeps=keeps)
    request = update_endpoint_request(
        name,
        config=config,
        guardrails=guardrails(event.rollout, instances, alarms),
        keep_count=keeps,
    )
    return sagemaker().update_endpoint(**request)["EndpointArn"]


def keeps_count(endpoint: DescribeEndpointOutputTypeDef, event: CreateEndpointInput) -> bool:
    """Return whether the update keeps the number of instances that autoscaling chose.

    Without autoscaling, the version would keep that number forever, because nothing scales it in.
    An asynchronous endpoint without instances gets one, so that the smoke test does not wait for
    it.
    """
    is_async = event.hosting.async_inference is not None
    if event.autoscaling is None and not (is_async and runs_instances(endpoint)):
        return False
    return is_scaled(endpoint["EndpointName"])


def instances_after(
    endpoint: DescribeEndpointOutputTypeDef, event: CreateEndpointInput, *, keeps: bool
) -> int:
    """Return the number of instances after the update: the current one, or that of the new config.

    SageMaker sizes a canary by the running fleet, and a fleet of one instance has no canary
    (SageMaker developer guide, "Use canary traffic shifting").
    """
    variants = endpoint.get("ProductionVariants", [])
    if not keeps or not variants:
        return event.hosting.instance_count
    return variants[0].get("DesiredInstanceCount", event.hosting.instance_count)


def require_untested(config: str) -> None:
    """Raise DuplicateDrop if the live config has passed its test."""
    tags = config_tags(config)
    if tags is not None and tags.verified:
        raise DuplicateDrop(f"{config} is already live.", "No action needed.")


def require_updatable(
    endpoint: DescribeEndpointOutputTypeDef, event: CreateEndpointInput, bucket: str
) -> None:
    """Check that the endpoint may be updated now; raises the errors of `update`."""
    name, status, live = (
        endpoint["EndpointName"],
        endpoint["EndpointStatus"],
        endpoint["EndpointConfigName"],
    )
    live_version = version_in(name, live)
    if live_version is None:
        raise ModelRejected(
            f"Modeldrop did not create the endpoint {name}: its config is {live}.",
            "Upload the model under another name, or delete that endpoint.",
        )
    _require_same_model(name, live, event.deployment.model)
    require_same_mode(live, event)
    if status in {"OutOfService", "UpdateRollbackFailed"}:
        raise EndpointFailed(
            f"The endpoint {name} is {status}, so SageMaker accepts no updates.",
            f"Delete the endpoint {name} (clients get errors until it is back), then upload the "
            "model again.",
        )
    require_unlocked(live, event.deployment.execution_arn)
    if not event.restoring:
        # Inspect Model has checked this. But two first drops of a model can pass it together.
        require_folder(bucket, event.deployment.model, event.source, event.move_from)
    if status == "Failed":
        # A failed endpoint can only be deleted (DescribeEndpoint API reference).
        sagemaker().delete_endpoint(EndpointName=name)
    if status != "InService":
        raise EndpointBusy(
            f"The endpoint {name} is {status}.", "No action needed: this step is retried later."
        )
    if not event.restoring and is_later(live, event.deployment):
        raise superseded(event.deployment, str(live_version), f"on {name}")


def _require_same_model(endpoint: str, live: str, model: str) -> None:
    """Raise ModelRejected if the live config is tagged with another model."""
    owner = other_model(live, model)
    if owner is not None:
        raise ModelRejected(
            f"The endpoint {endpoint} serves the model {owner}, and the name {model} leads to the "
            "same endpoint.",
            f"Upload the model under another name. To replace {owner}, retire it first: modeldrop "
            f"delete {owner}",
        )
