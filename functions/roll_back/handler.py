"""Roll Back: deletes what this execution created; the previous version stays live."""

from datetime import UTC, datetime

from model_packager.names.endpoint import resource_name, staging_endpoint_name
from roll_back.live_record import live_record, restore_scaling, sleeping_record
from roll_back.pool import leave_pool
from workflow.aws.alarm_removal import (
    remove_alarms,
    remove_backlog_alarm,
    remove_endpoint_alarm,
)
from workflow.contracts.deploy_model import RollBackInput, RollBackOutput
from workflow.settings import RollBackSettings
from workflow.step import step
from workflow.versions.deployment_record import withdraw
from workflow.versions.endpoint import describe
from workflow.versions.endpoint_release import is_released, is_shadow_released
from workflow.versions.ownership import config_tags
from workflow.versions.version_removal import remove_shadow_configs, remove_version


@step(RollBackInput)
def handler(event: RollBackInput) -> RollBackOutput:
    """Take the next step; the state machine repeats it until it is done."""
    deployment, bucket = event.deployment, RollBackSettings.read().artifact_bucket
    if deployment.pool is not None:
        return leave_pool(event, deployment.pool, bucket)
    endpoint, name = deployment.endpoint, resource_name(deployment.endpoint, deployment.version)
    if event.restoring and not _is_own(name, deployment.execution_arn):
        return RollBackOutput(done=True, remaining=[])
    staging = staging_endpoint_name(endpoint, deployment.version)
    busy = [each for each in (staging, endpoint) if not is_released(each, name)]
    if not busy and not is_shadow_released(endpoint, deployment.execution_arn):
        busy = [endpoint]
    if busy:
        resources = [] if event.restoring else [f"endpoint config {name}", f"model {name}"]
        return RollBackOutput(
            done=False, remaining=[*(f"endpoint {each}" for each in busy), *resources]
        )
    remove_shadow_configs(endpoint, deployment.execution_arn)
    record = live_record(bucket, deployment)
    if record is not None:
        withdraw(bucket, deployment, record)
    else:
        asleep = sleeping_record(bucket, deployment, restoring=event.restoring)
        withdraw(bucket, deployment, asleep, asleep_since=datetime.now(UTC))
    if event.restoring:  # the version existed before this execution, and stays
        remove_alarms(name)
    else:
        remove_version(bucket, deployment.model, endpoint, deployment.version)
    if describe(endpoint) is None:  # a manually deleted endpoint may have left its alarm
        remove_endpoint_alarm(endpoint)
        remove_backlog_alarm(endpoint)
    restore_scaling(deployment.endpoint, record)  # last, because it may fail
    return RollBackOutput(done=True, remaining=[])


def _is_own(config: str, execution_arn: str) -> bool:
    """Return whether this execution deployed the restored version.

    Otherwise another execution may own it, and it may be live.
    """
    tags = config_tags(config)
    return tags is None or tags.execution_arn == execution_arn
