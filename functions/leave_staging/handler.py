"""Leave Staging: the version has passed its test, and the endpoint it was tested on goes."""

from model_packager.names import staging_endpoint_name
from workflow.contracts import LeaveStagingInput, LeaveStagingOutput
from workflow.endpoint_release import delete_settled
from workflow.step import step


@step(LeaveStagingInput)
def handler(given: LeaveStagingInput) -> LeaveStagingOutput:
    """Begin to delete the staging endpoint; again is as good as once. Nothing waits for its end."""
    deployment = given.deployment
    name = staging_endpoint_name(deployment.endpoint, deployment.version)
    delete_settled(name)
    return LeaveStagingOutput(staging_endpoint=name)
