"""The endpoint of a pool: created for the first model, and updated by a drop that changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from create_endpoint.rollout_alarms import put_alarms
from create_endpoint.staging import require_own
from model_packager.sagemaker.cost_limits import CostLimits, check_pool_limits
from model_packager.sagemaker.deployment_guardrails import guardrails, waiting_seconds
from model_packager.sagemaker.requests import (
    create_endpoint_request,
    pool_tags,
    requested_tags,
    update_endpoint_request,
)
from workflow.aws.clients import sagemaker
from workflow.contracts.deploy_model import CreateEndpointInput, CreateEndpointOutput
from workflow.errors import EndpointBusy
from workflow.pool.endpoint_configs import existing_config, take_over_change
from workflow.pool.lock import take
from workflow.pool.membership import require_next, require_same_home
from workflow.settings import CreateEndpointSettings
from workflow.versions.endpoint import describe, is_going_to
from workflow.versions.endpoint_release import delete_settled
from workflow.versions.model_folder import require_folder
from workflow.versions.ownership import remember_previous

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    from model_packager.stored import Deployment


def join_pool(event: CreateEndpointInput, pool: str) -> CreateEndpointOutput:
    """Create the endpoint if it does not exist, or change it; idempotent.

    Raises:
        SupersededDrop, ModelRejected: the version may not replace the live one.
        EndpointBusy: another execution is changing the pool, or its endpoint is being removed.
        SpecRejected: somebody deleted the pool of a version to restore, and the stack no longer
            allows the pool's instances.
    """
    deployment, bucket = event.deployment, CreateEndpointSettings.read().artifact_bucket
    take(bucket, pool, deployment.execution_arn)
    require_same_home(bucket, deployment)
    if not event.restoring:
        require_folder(bucket, deployment.model, event.source, event.move_from)
        require_next(bucket, deployment)
    endpoint = describe(deployment.endpoint)
    if endpoint is None:
        return _create(event)
    status = endpoint["EndpointStatus"]
    if status == "Failed":
        delete_settled(deployment.endpoint)
    if status in {"Failed", "Deleting"}:
        raise EndpointBusy(
            f"The endpoint {deployment.endpoint} is {status}.",
            "No action needed: this step is retried when it is gone.",
        )
    if event.restoring:  # a restored version leaves the pool's endpoint as it is
        deployment = deployment.in_pool_config(endpoint["EndpointConfigName"])
    if not is_going_to(endpoint, deployment.config):
        return _change(event, endpoint)
    take_over_change(deployment.config, deployment.execution_arn)
    return _output(deployment, endpoint["EndpointArn"], runs=status == "InService")


def _create(event: CreateEndpointInput) -> CreateEndpointOutput:
    """Create the endpoint. When a version is restored, somebody deleted its endpoint."""
    deployment = event.deployment
    if event.restoring:
        config = existing_config(deployment.endpoint, deployment.config)
        _check_limits(deployment.pool or "", config)
        deployment = deployment.in_pool_config(config)
    tags = [*pool_tags(deployment.pool or ""), *requested_tags(event.hosting)]
    request = create_endpoint_request(deployment.endpoint, config=deployment.config, tags=tags)
    return _output(deployment, sagemaker().create_endpoint(**request)["EndpointArn"])


def _check_limits(pool: str, config: str) -> None:
    """Check that the stack still allows the instances of the config.

    Raises:
        SpecRejected: the stack does not allow them.
    """
    found = sagemaker().describe_endpoint_config(EndpointConfigName=config)
    variant = found["ProductionVariants"][0]
    check_pool_limits(
        pool,
        CostLimits.model_validate(CreateEndpointSettings.read().model_dump()),
        instance_type=variant["InstanceType"],
        instance_count=variant["InitialInstanceCount"],
    )


def _change(
    event: CreateEndpointInput, endpoint: DescribeEndpointOutputTypeDef
) -> CreateEndpointOutput:
    """Update the endpoint; before that, test all models of the pool on a staging endpoint."""
    deployment, rollout = event.deployment, event.rollout
    if event.target == deployment.staging_endpoint:
        return _stage(deployment)
    name, config, running = deployment.endpoint, deployment.config, endpoint["EndpointConfigName"]
    if endpoint["EndpointStatus"] != "InService":
        raise EndpointBusy(
            f"The endpoint {name} is {endpoint['EndpointStatus']}.",
            "No action needed: this step is retried when it has settled.",
        )
    remember_previous(config, running, deployment.execution_arn)
    alarms, instances = put_alarms(name, config, rollout), event.hosting.instance_count
    request = update_endpoint_request(
        name, config=config, guardrails=guardrails(rollout, instances, alarms)
    )
    arn = sagemaker().update_endpoint(**request)["EndpointArn"]
    return _output(deployment, arn, seconds=waiting_seconds(rollout, instances))


def _stage(deployment: Deployment) -> CreateEndpointOutput:
    name, config = deployment.staging_endpoint, deployment.config
    staging = describe(name)
    if staging is None:
        tags = pool_tags(deployment.pool or "")
        request = create_endpoint_request(name, config=config, tags=tags)
        return _output(deployment, sagemaker().create_endpoint(**request)["EndpointArn"], name)
    require_own(staging, config)
    created = sagemaker().describe_endpoint_config(EndpointConfigName=config)["CreationTime"]
    if staging["CreationTime"] < created:  # left from an earlier change
        delete_settled(name)
        raise EndpointBusy(
            f"The staging endpoint {name} is left from an earlier change.",
            "No action needed: this step is retried when it is gone.",
        )
    return _output(deployment, staging["EndpointArn"], name)


def _output(
    deployment: Deployment,
    arn: str,
    target: str | None = None,
    *,
    seconds: int = 0,
    runs: bool = False,
) -> CreateEndpointOutput:
    return CreateEndpointOutput(
        endpoint_arn=arn,
        deployment=deployment,
        target=target or deployment.endpoint,
        rollout_seconds=seconds,
        runs=runs,
    )
