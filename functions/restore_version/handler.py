"""Restore Version: reads the record of an earlier version, so that it can go live again."""

from model_packager.names import model_name
from model_packager.rejection import ModelRejected
from workflow.contracts.deploy_model import RestoreVersionInput, RestoreVersionOutput
from workflow.settings import RestoreVersionSettings
from workflow.step import step
from workflow.versions.deployment_record import read_record


@step(RestoreVersionInput)
def handler(event: RestoreVersionInput) -> RestoreVersionOutput:
    """Return what the record says; this execution becomes the owner of the deployment."""
    model = model_name(event.source.key)
    record = read_record(RestoreVersionSettings.read().artifact_bucket, model, event.version)
    if record is None:
        raise ModelRejected(
            f"Version {event.version} of {model} never went live, or is no longer kept.",
            f"Choose a version that `modeldrop history {model}` lists, or upload the model again.",
        )
    return RestoreVersionOutput(
        deployment=record.deployment.model_copy(update={"execution_arn": event.execution_arn}),
        source=record.source,
        servable=record.servable,
        package=record.package,
    )
