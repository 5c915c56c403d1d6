"""Restore Version: a version that served before is to serve again, as its record has it."""

from model_packager.names import model_name
from model_packager.rejection import ModelRejected
from workflow.contracts.deploy_model import RestoreVersionInput, RestoreVersionOutput
from workflow.settings import RestoreVersionSettings
from workflow.step import step
from workflow.versions.deployment_record import read_record


@step(RestoreVersionInput)
def handler(given: RestoreVersionInput) -> RestoreVersionOutput:
    """Read what was known of the version; the execution that restores it takes it over."""
    model = model_name(given.source.key)
    record = read_record(RestoreVersionSettings.read().artifact_bucket, model, given.version)
    if record is None:
        raise ModelRejected(
            f"Version {given.version} of {model} never went live, or is not kept any more.",
            f"`modeldrop history {model}` lists the versions that are kept; else drop the model "
            "again.",
        )
    return RestoreVersionOutput(
        deployment=record.deployment.model_copy(update={"execution_arn": given.execution_arn}),
        source=record.source,
        signature=record.signature,
        spec=record.spec,
        hosting=record.hosting,
        config_pbtxt=record.config_pbtxt,
        has_labels=record.has_labels,
        warnings=record.warnings,
        package=record.package,
    )
