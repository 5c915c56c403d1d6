"""Record Deployment: the version is good. From here on it is what the next one may go back to."""

from datetime import UTC, datetime

from model_packager.names import resource_name, version_in
from workflow.aws.alarm_removal import remove_alarms
from workflow.contracts.deploy_model import RecordDeploymentInput, RecordDeploymentOutput
from workflow.settings import RecordDeploymentSettings
from workflow.step import step
from workflow.versions.deployment_record import DeploymentRecord, write_record
from workflow.versions.ownership import mark_verified, provenance
from workflow.versions.state_timings import state_timings


@step(RecordDeploymentInput)
def handler(given: RecordDeploymentInput) -> RecordDeploymentOutput:
    """Write the record, then what is live; last of all the version is verified."""
    deployment = given.deployment
    config = resource_name(deployment.endpoint, deployment.version)
    remove_alarms(config)
    superseded = _superseded(deployment.endpoint, config)
    record = DeploymentRecord(
        deployment=deployment,
        deployed_at=datetime.now(UTC),
        restored=given.restoring,
        supersedes=superseded,
        source=given.source,
        package=given.package,
        signature=given.signature,
        spec=given.spec,
        hosting=given.hosting,
        config_pbtxt=given.config_pbtxt,
        has_labels=given.has_labels,
        warnings=given.warnings,
        smoke=given.smoke,
        recovered_errors=given.recovered_errors,
        timings=state_timings(deployment.execution_arn),
    )
    uri = write_record(RecordDeploymentSettings.read().artifact_bucket, record)
    mark_verified(config)
    return RecordDeploymentOutput(record_uri=uri, superseded_version=superseded)


def _superseded(endpoint: str, config: str) -> str | None:
    made = provenance(config)
    return version_in(endpoint, made.previous) if made and made.previous else None
