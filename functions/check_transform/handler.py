"""Check Transform: polls the transform job, and stops it after the time limit."""

from workflow.aws.clients import sagemaker
from workflow.contracts.batch_transform import CheckTransformInput, CheckTransformOutput
from workflow.settings import CheckTransformSettings
from workflow.step import step

_ENDED = ("Completed", "Failed", "Stopped")
"""The last values of TransformJobStatus (DescribeTransformJob API reference)."""


@step(CheckTransformInput)
def handler(event: CheckTransformInput) -> CheckTransformOutput:
    """Describe the job. A job that failed or was stopped has responses of other requests."""
    limit, name = CheckTransformSettings.read().batch_timeout_seconds, event.batch.name
    job = sagemaker().describe_transform_job(TransformJobName=name)
    status, late = job["TransformJobStatus"], event.waited_seconds >= limit
    if status == "InProgress" and late:
        sagemaker().stop_transform_job(TransformJobName=name)
    reason = job.get("FailureReason") if status == "Failed" else None
    if late and status != "Completed":
        reason = reason or f"It was stopped after {limit:,} seconds (BatchTimeoutSeconds)."
    elif status == "Stopped":
        reason = "Someone stopped it."
    return CheckTransformOutput(ended=status in _ENDED, reason=reason)
