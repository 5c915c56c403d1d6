"""Roll Back: after it, this execution has left nothing, and what served before serves on."""

from model_packager.names import resource_name
from roll_back.endpoint_release import is_needed, is_released
from roll_back.version_removal import remove_version
from workflow.contracts import RollBackInput, RollBackOutput
from workflow.settings import RollBackSettings
from workflow.step import step


@step(RollBackInput)
def handler(given: RollBackInput) -> RollBackOutput:
    """Take the next step of the way back; the state machine repeats it until it is done."""
    deployment = given.deployment
    name = resource_name(deployment.endpoint, deployment.version)
    if not is_released(deployment.endpoint, name):
        return RollBackOutput(
            done=False,
            remaining=[
                f"endpoint {deployment.endpoint}",
                f"endpoint config {name}",
                f"model {name}",
            ],
        )
    if not is_needed(deployment.endpoint, name):
        remove_version(name, RollBackSettings().artifact_bucket, deployment)
    return RollBackOutput(done=True, remaining=[])
