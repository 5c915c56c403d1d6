"""Delete Staging Endpoint: deletes the endpoint on which the version passed its smoke test."""

from workflow.contracts.deploy_model import DeleteStagingEndpointInput, DeleteStagingEndpointOutput
from workflow.errors import EndpointBusy
from workflow.step import step
from workflow.versions.endpoint import describe
from workflow.versions.endpoint_release import delete_settled
from workflow.versions.version_removal import remove_config


@step(DeleteStagingEndpointInput)
def handler(event: DeleteStagingEndpointInput) -> DeleteStagingEndpointOutput:
    """Delete the staging endpoint, then its config; idempotent.

    The update of the live endpoint starts when this instance is gone, so both fit into the quota.

    Raises:
        EndpointBusy: the endpoint is being deleted, or in another transition.
    """
    deployment = event.deployment
    name = deployment.staging_endpoint
    if describe(name) is not None:
        delete_settled(name)
        raise EndpointBusy(
            f"The staging endpoint {name} is being deleted.",
            "No action needed: this step is retried until the endpoint is gone.",
        )
    remove_config(deployment.config)
    return DeleteStagingEndpointOutput(staging_endpoint=name)
