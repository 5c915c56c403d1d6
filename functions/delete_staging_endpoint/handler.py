"""Delete Staging Endpoint: deletes the endpoint on which the version passed its smoke test."""

from model_packager.names import staging_endpoint_name
from workflow.contracts.deploy_model import DeleteStagingEndpointInput, DeleteStagingEndpointOutput
from workflow.errors import EndpointBusy
from workflow.step import step
from workflow.versions.endpoint_release import delete_settled


@step(DeleteStagingEndpointInput)
def handler(event: DeleteStagingEndpointInput) -> DeleteStagingEndpointOutput:
    """Start deleting the staging endpoint. Idempotent; does not wait for completion.

    Raises:
        EndpointBusy: the endpoint is in transition.
    """
    deployment = event.deployment
    name = staging_endpoint_name(deployment.endpoint, deployment.version)
    if not delete_settled(name):
        raise EndpointBusy(
            f"The staging endpoint {name} is in transition.",
            "No action needed: the state machine retries after the transition.",
        )
    return DeleteStagingEndpointOutput(staging_endpoint=name)
