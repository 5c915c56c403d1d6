"""Plan Batch: finds the live version, lists the inputs, and rejects a job that cannot run."""

from model_packager.names.batch import (
    BATCH_READY,
    BatchJob,
    batch_job_of,
    batch_run,
    batch_run_name,
)
from model_packager.names.endpoint import endpoint_name
from model_packager.sagemaker.cost_limits import CostLimits
from model_packager.sagemaker.hosting import Hosting
from model_packager.sagemaker.transform import Instances, batch_hosting
from model_packager.stored import ServableModel
from plan_batch.inputs import list_inputs
from plan_batch.live_record import read_live_record
from workflow.aws.clients import sagemaker
from workflow.batch.documents import BatchPlan, claim_run, write_plan
from workflow.contracts.batch_transform import Batch, PlanBatchInput, PlanBatchOutput
from workflow.errors import BatchFailed
from workflow.settings import PlanBatchSettings
from workflow.step import step


@step(PlanBatchInput)
def handler(event: PlanBatchInput) -> PlanBatchOutput:
    """Claim the run, then write its plan. Idempotent."""
    settings, source = PlanBatchSettings.read(), event.source
    job = _started_job(source.key)
    bucket = settings.artifact_bucket
    run = batch_run(source.bucket, source.key, source.etag, event.order)
    if not claim_run(bucket, run, event.execution_arn):
        return PlanBatchOutput(batch=None)
    endpoint = endpoint_name(settings.endpoint_prefix, job.model)
    record = read_live_record(bucket, job.model, endpoint)
    inputs = list_inputs(source.bucket, job.folder)
    plan = BatchPlan(
        inputs=inputs,
        servable=record.servable,
        hosting=_hosting(record.servable, job.model, settings),
        artifact_uri=record.package.artifact_uri,
        version=record.version,
    )
    write_plan(bucket, run, plan)
    return PlanBatchOutput(
        batch=Batch(
            model=job.model,
            version=record.version,
            number=record.deployment.number,
            job=job.job,
            folder=job.folder,
            run=run,
            name=batch_run_name(endpoint, run),
            inputs=len(inputs),
        )
    )


def _started_job(key: str) -> BatchJob:
    job = batch_job_of(key)
    if job is None or key != job.folder + BATCH_READY:
        raise BatchFailed(
            f"{key!r:.300} does not start a batch job.",
            f"Upload {BATCH_READY} as <model>/batch/<job>/{BATCH_READY}.",
        )
    return job


def _hosting(servable: ServableModel, model: str, settings: PlanBatchSettings) -> Hosting:
    limits = CostLimits(
        allowed_instance_types=settings.allowed_instance_types,
        max_instances=settings.max_instances,
    )
    return batch_hosting(
        servable.hosting,
        model,
        servable.config_pbtxt,
        default=Instances(settings.batch_instance_type, settings.batch_instance_count),
        limits=limits,
        supported=sagemaker().meta.service_model.shape_for("TransformInstanceType").enum,  # type: ignore[attr-defined]
    )
