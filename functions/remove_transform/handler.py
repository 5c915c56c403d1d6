"""Remove Transform: deletes the run's SageMaker model, and stops a job that still runs."""

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import does_not_exist
from workflow.aws.clients import sagemaker
from workflow.contracts.batch_transform import RemoveTransformInput, RemoveTransformOutput
from workflow.step import step


@step(RemoveTransformInput)
def handler(event: RemoveTransformInput) -> RemoveTransformOutput:
    """Stop and delete; idempotent. A lifecycle rule deletes the requests and responses."""
    name = event.batch.name
    status = _status(name)
    running = status in ("InProgress", "Stopping")
    if status == "InProgress":
        sagemaker().stop_transform_job(TransformJobName=name)
    try:
        sagemaker().delete_model(ModelName=name)
    except ClientError as error:
        if not does_not_exist(error):
            raise
    return RemoveTransformOutput(remaining=[f"transform job {name}"] if running else [])


def _status(name: str) -> str | None:
    try:
        return sagemaker().describe_transform_job(TransformJobName=name)["TransformJobStatus"]
    except ClientError as error:
        if does_not_exist(error):
            return None
        raise
