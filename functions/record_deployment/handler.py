"""Record Deployment: stores the record of the version, and marks the version as verified."""

from datetime import UTC, datetime

from model_packager.names.endpoint import version_in
from model_packager.stored import DeploymentRecord
from workflow.aws.alarm_removal import remove_alarms
from workflow.best_effort import best_effort
from workflow.contracts.deploy_model import RecordDeploymentInput, RecordDeploymentOutput
from workflow.settings import RecordDeploymentSettings
from workflow.step import step
from workflow.versions.deployment_record import live_before, read_record, write_record
from workflow.versions.ownership import config_tags, mark_verified
from workflow.versions.state_timings import state_timings


@step(RecordDeploymentInput)
def handler(event: RecordDeploymentInput) -> RecordDeploymentOutput:
    """Write deployment.json, then live.json; mark the version as verified last.

    In a pool, live.json is the pointer to the live version. The mark is on the endpoint config of
    the pool, so that nothing undoes a change of the endpoint afterwards.
    """
    deployment, bucket = event.deployment, RecordDeploymentSettings.read().artifact_bucket
    config = deployment.config
    remove_alarms(config)
    if deployment.pool is None:
        superseded = _superseded(deployment.endpoint, config)
        if superseded is None and not event.restoring:  # the drop may have woken the model
            superseded = live_before(bucket, deployment, only_asleep=True)
    else:
        superseded = live_before(bucket, deployment)
    record = DeploymentRecord(
        deployment=deployment,
        deployed_at=datetime.now(UTC),
        restored=event.restoring,
        supersedes=superseded,
        source=event.source,
        package=event.package,
        servable=event.servable,
        smoke=event.smoke,
        recovered_errors=event.recovered_errors,
        timings=state_timings(deployment.execution_arn),
    )
    uri = write_record(bucket, record)
    mark_verified(config)
    return RecordDeploymentOutput(
        record_uri=uri,
        superseded_version=superseded,
        superseded_number=best_effort(
            "the previous version's record",
            lambda: _number(bucket, deployment.model, superseded),
            None,
        ),
    )


def _superseded(endpoint: str, config: str) -> str | None:
    tags = config_tags(config)
    return version_in(endpoint, tags.previous) if tags and tags.previous else None


def _number(bucket: str, model: str, version: str | None) -> int | None:
    record = read_record(bucket, model, version) if version else None
    return record.deployment.number if record else None
