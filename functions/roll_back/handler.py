"""Roll Back: after it, this execution has left nothing, and what served before serves on."""

from model_packager.names import resource_name, staging_endpoint_name
from roll_back.serving_again import restore_scaling, serving_record
from workflow.aws.alarm_removal import remove_alarms, remove_endpoint_alarm
from workflow.contracts.deploy_model import RollBackInput, RollBackOutput
from workflow.settings import RollBackSettings
from workflow.step import step
from workflow.versions.deployment_record import withdraw
from workflow.versions.endpoint import describe
from workflow.versions.endpoint_release import is_released
from workflow.versions.ownership import provenance
from workflow.versions.version_removal import remove_version


@step(RollBackInput)
def handler(given: RollBackInput) -> RollBackOutput:
    """Take the next step of the way back; the state machine repeats it until it is done."""
    deployment, bucket = given.deployment, RollBackSettings.read().artifact_bucket
    endpoint, name = deployment.endpoint, resource_name(deployment.endpoint, deployment.version)
    if given.restoring and not _is_own(name, deployment.execution_arn):
        return RollBackOutput(done=True, remaining=[])
    staging = staging_endpoint_name(endpoint, deployment.version)
    in_the_way = [each for each in (staging, endpoint) if not is_released(each, name)]
    if in_the_way:
        resources = [] if given.restoring else [f"endpoint config {name}", f"model {name}"]
        return RollBackOutput(
            done=False, remaining=[*(f"endpoint {each}" for each in in_the_way), *resources]
        )
    serving = serving_record(bucket, deployment)
    withdraw(bucket, deployment, serving)
    if given.restoring:  # the version was there before this execution, and stays
        remove_alarms(name)
    else:
        remove_version(bucket, deployment.model, endpoint, deployment.version)
    restore_scaling(deployment.endpoint, serving)
    if describe(endpoint) is None:  # an endpoint of before may have left it, deleted by hand
        remove_endpoint_alarm(endpoint)
    return RollBackOutput(done=True, remaining=[])


def _is_own(config: str, execution_arn: str) -> bool:
    """Tell whether it was this execution that brought a version that was there onto the endpoint.

    Else it may serve, in the hands of another.
    """
    made = provenance(config)
    return made is None or made.execution_arn == execution_arn
