"""Start Transform: creates a SageMaker model of the version for this run, and the transform job."""

from botocore.exceptions import ClientError

from model_client.batch.encoding import content_type
from model_packager.names.batch import batch_work_prefix
from model_packager.sagemaker.requests import create_model_request, origin_tags
from model_packager.sagemaker.transform import payload_of, transform_request
from start_transform.archive import archive_uri
from workflow.aws.aws_errors import already_exists
from workflow.aws.clients import sagemaker
from workflow.batch.documents import INPUTS, OUTPUTS, read_plan
from workflow.contracts.batch_transform import StartTransformInput, StartTransformOutput
from workflow.settings import StartTransformSettings
from workflow.step import step


@step(StartTransformInput)
def handler(event: StartTransformInput) -> StartTransformOutput:
    """Create the model and the job. Existing ones are from an earlier attempt of this execution."""
    settings, batch = StartTransformSettings.read(), event.batch
    bucket, plan = settings.artifact_bucket, read_plan(settings.artifact_bucket, batch.run)
    payload = payload_of(event.largest_bytes, plan.servable.config_pbtxt)
    tags = origin_tags(batch.model, batch.version, event.execution_arn)
    model = create_model_request(
        batch.name,
        role_arn=settings.execution_role_arn,
        artifact_uri=archive_uri(plan, bucket, batch.model),
        hosting=plan.hosting,
        tags=tags,
    )
    work = f"s3://{bucket}/{batch_work_prefix(batch.run)}"
    transform = transform_request(
        batch.name,
        inputs_uri=work + INPUTS,
        outputs_uri=work + OUTPUTS,
        content_type=content_type(plan.servable.signature),
        payload=payload,
        hosting=plan.hosting,
        tags=tags,
    )
    try:
        sagemaker().create_model(**model)
    except ClientError as error:
        if not already_exists(error):
            raise
    try:
        arn = sagemaker().create_transform_job(**transform)["TransformJobArn"]
    except ClientError as error:
        if not already_exists(error):
            raise
        arn = sagemaker().describe_transform_job(TransformJobName=batch.name)["TransformJobArn"]
    return StartTransformOutput(transform_arn=arn)
