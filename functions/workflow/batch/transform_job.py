"""The transform job of a batch job: its status, and how it is stopped."""

from __future__ import annotations

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import does_not_exist
from workflow.aws.clients import sagemaker

RUNNING = "InProgress"
"""The status of a job that can be stopped (DescribeTransformJob API reference)."""


def status_of(name: str) -> str | None:
    """Return the status of a transform job; None if it does not exist."""
    try:
        return sagemaker().describe_transform_job(TransformJobName=name)["TransformJobStatus"]
    except ClientError as error:
        if does_not_exist(error):
            return None
        raise


def stop(name: str) -> None:
    """Stop a running transform job. SageMaker refuses this if the job has just ended."""
    try:
        sagemaker().stop_transform_job(TransformJobName=name)
    except ClientError:
        if status_of(name) == RUNNING:
            raise
