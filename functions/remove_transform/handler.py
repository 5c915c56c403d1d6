"""Remove Transform: deletes the run's SageMaker model, and stops a job that still runs."""

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import does_not_exist
from workflow.aws.clients import sagemaker
from workflow.batch.transform_job import RUNNING, status_of, stop
from workflow.contracts.batch_transform import RemoveTransformInput, RemoveTransformOutput
from workflow.step import step


@step(RemoveTransformInput)
def handler(event: RemoveTransformInput) -> RemoveTransformOutput:
    """Stop and delete; idempotent. A lifecycle rule deletes the requests and responses."""
    name = event.batch.name
    status = status_of(name)
    if status == RUNNING:
        stop(name)
    try:
        sagemaker().delete_model(ModelName=name)
    except ClientError as error:
        if not does_not_exist(error):
            raise
    still_there = status in (RUNNING, "Stopping")
    return RemoveTransformOutput(remaining=[f"transform job {name}"] if still_there else [])
