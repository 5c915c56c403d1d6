"""Delete Staging Endpoint: the version passed its test there, so the endpoint is deleted."""

from model_packager.names import staging_endpoint_name
from workflow.contracts.deploy_model import DeleteStagingEndpointInput, DeleteStagingEndpointOutput
from workflow.errors import EndpointBusy
from workflow.step import step
from workflow.versions.endpoint_release import delete_settled


@step(DeleteStagingEndpointInput)
def handler(given: DeleteStagingEndpointInput) -> DeleteStagingEndpointOutput:
    """Begin to delete the staging endpoint; again is as good as once. Nothing waits for its end.

    Raises:
        EndpointBusy: it is in a transition that has to end first.
    """
    deployment = given.deployment
    name = staging_endpoint_name(deployment.endpoint, deployment.version)
    if not delete_settled(name):
        raise EndpointBusy(
            f"The staging endpoint {name} is in transition.",
            "Nothing to do: it is tried again when it has settled.",
        )
    return DeleteStagingEndpointOutput(staging_endpoint=name)
