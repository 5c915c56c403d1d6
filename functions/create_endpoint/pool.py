"""The endpoint of a pool: the first model creates it, and later models find it running."""

from __future__ import annotations

from model_packager.sagemaker.requests import create_endpoint_request, pool_tags, requested_tags
from workflow.aws.clients import sagemaker
from workflow.contracts.deploy_model import CreateEndpointInput, CreateEndpointOutput
from workflow.errors import EndpointBusy
from workflow.pool.lock import take
from workflow.pool.membership import require_next, require_same_home
from workflow.settings import CreateEndpointSettings
from workflow.versions.endpoint import describe
from workflow.versions.endpoint_release import delete_settled
from workflow.versions.model_folder import require_folder


def join_pool(event: CreateEndpointInput, pool: str) -> CreateEndpointOutput:
    """Create the endpoint if it does not exist; idempotent.

    Raises:
        SupersededDrop, ModelRejected: the version may not replace the live one.
        EndpointBusy: another execution is changing the pool, or its endpoint is being removed.
    """
    deployment, bucket = event.deployment, CreateEndpointSettings.read().artifact_bucket
    take(bucket, pool, deployment.execution_arn)
    require_same_home(bucket, deployment)
    if not event.restoring:
        require_folder(bucket, deployment.model, event.source, event.move_from)
        require_next(bucket, deployment)
    endpoint = describe(deployment.endpoint)
    if endpoint is None:
        tags = [*pool_tags(pool), *requested_tags(event.hosting)]
        request = create_endpoint_request(deployment.endpoint, config=deployment.config, tags=tags)
        return _output(event, sagemaker().create_endpoint(**request)["EndpointArn"])
    status = endpoint["EndpointStatus"]
    if status == "Failed":
        delete_settled(deployment.endpoint)
    if status in {"Failed", "Deleting"}:
        raise EndpointBusy(
            f"The endpoint {deployment.endpoint} is {status}.",
            "No action needed: this step is retried when it is gone.",
        )
    return _output(event, endpoint["EndpointArn"], runs=status == "InService")


def _output(event: CreateEndpointInput, arn: str, *, runs: bool = False) -> CreateEndpointOutput:
    return CreateEndpointOutput(
        endpoint_arn=arn, target=event.deployment.endpoint, rollout_seconds=0, runs=runs
    )
