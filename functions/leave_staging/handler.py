"""Leave Staging: the version has passed its test, and the endpoint it was tested on goes."""

from model_packager.names import staging_endpoint_name
from workflow.contracts import LeaveStagingInput, LeaveStagingOutput
from workflow.endpoint_release import delete_settled
from workflow.errors import EndpointBusy
from workflow.step import step


@step(LeaveStagingInput)
def handler(given: LeaveStagingInput) -> LeaveStagingOutput:
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
    return LeaveStagingOutput(staging_endpoint=name)
