"""Plan Batch: finds the live version, lists the inputs, and rejects a job that cannot run."""

from model_packager.names.batch import BATCH_READY, batch_job_of, batch_run, batch_run_name
from model_packager.names.endpoint import endpoint_name
from model_packager.sagemaker.cost_limits import CostLimits
from model_packager.sagemaker.transform import Instances, batch_hosting
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
    job = batch_job_of(source.key)
    if job is None or source.key != job.folder + BATCH_READY:
        raise BatchFailed(
            f"{source.key!r:.300} does not start a batch job.",
            f"Upload {BATCH_READY} as <model>/batch/<job>/{BATCH_READY}.",
        )
    bucket = settings.artifact_bucket
    run = batch_run(source.bucket, source.key, source.etag, event.order)
    if not claim_run(bucket, run, event.execution_arn):
        return PlanBatchOutput(batch=None)
    endpoint = endpoint_name(settings.endpoint_prefix, job.model)
    record = read_live_record(bucket, job.model, endpoint)
    limits = CostLimits(
        allowed_instance_types=settings.allowed_instance_types,
        max_instances=settings.max_instances,
    )
    hosting = batch_hosting(
        record.servable.hosting,
        job.model,
        record.servable.config_pbtxt,
        default=Instances(settings.batch_instance_type, settings.batch_instance_count),
        limits=limits,
        supported=sagemaker().meta.service_model.shape_for("TransformInstanceType").enum,  # type: ignore[attr-defined]
    )
    inputs = list_inputs(source.bucket, job.folder)
    plan = BatchPlan(
        inputs=inputs,
        servable=record.servable,
        hosting=hosting,
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
