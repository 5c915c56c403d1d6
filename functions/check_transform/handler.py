"""Check Transform: polls the transform job, and stops it after the time limit."""

from model_packager.names.artifact import record_key
from workflow.aws.clients import s3, sagemaker
from workflow.batch.transform_job import RUNNING, stop
from workflow.contracts.batch_transform import Batch, CheckTransformInput, CheckTransformOutput
from workflow.settings import CheckTransformSettings
from workflow.step import step

_ENDED = ("Completed", "Failed", "Stopped")
"""The last values of TransformJobStatus (DescribeTransformJob API reference)."""


@step(CheckTransformInput)
def handler(event: CheckTransformInput) -> CheckTransformOutput:
    """Check once. A job that failed or was stopped may have responses to some requests."""
    settings, name = CheckTransformSettings.read(), event.batch.name
    limit = settings.batch_timeout_seconds
    job = sagemaker().describe_transform_job(TransformJobName=name)
    status, late = job["TransformJobStatus"], event.waited_seconds >= limit
    if status == RUNNING and late:
        stop(name)
    reason = None
    if status == "Failed":
        reason = _reason(settings.artifact_bucket, event.batch, job.get("FailureReason"))
    if late and status != "Completed":
        reason = reason or f"It was stopped after {limit:,} seconds (BatchTimeoutSeconds)."
    elif status == "Stopped":
        reason = "Someone stopped it."
    return CheckTransformOutput(ended=status in _ENDED, reason=reason)


def _reason(bucket: str, batch: Batch, reported: str | None) -> str | None:
    """Return why the job failed. A container cannot start if its version was deleted."""
    listed = s3().list_objects_v2(
        Bucket=bucket, Prefix=record_key(batch.model, batch.version), MaxKeys=1
    )
    if listed.get("Contents"):
        return reported
    deleted = f"Version {batch.version} was deleted after the job had begun."
    return f"{deleted} {reported}" if reported else deleted
