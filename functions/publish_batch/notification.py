"""The notification of a batch job: its JSON keys. Pure."""

from __future__ import annotations

from model_packager.names.batch import BATCH_RESULTS, batch_job_of
from model_packager.names.version import version_label
from model_packager.stored import Source  # pydantic reads it
from workflow.contracts.base import Contract
from workflow.contracts.batch_transform import (
    BatchStatus,
    Counts,
    PublishBatchInput,
    RecordFailure,
)
from workflow.outcome import cause_and_fix

_NO_RESULT = "BatchFailed"

_FIX_OF_AWS = (
    "Correct what the message names. For a quota, request a higher one in Service Quotas (Amazon "
    "SageMaker), or deploy the stack with another BatchInstanceType. Then upload _READY again."
)
"""The error's own fix is for a deployment, whose instance type is in deploy.yaml."""


class BatchNotification(Contract):
    """The JSON of the message body. docs/notifications.md shows this list.

    Attributes:
        status: `SUCCEEDED`: every input has its result; `PARTIAL`: some failed, or something could
            not be removed; `FAILED`: there is no result.
        model: the model's name, or the key of the uploaded object.
        version: the version that the job ran; null if no version is live.
        version_label: its label, such as `v3`; null if unknown.
        job: the name of the job.
        region: the AWS Region.
        source: the uploaded `_READY`.
        execution_arn: the Step Functions execution.
        transform_job: the name of the transform job; null if the execution did not get that far.
        counts: the number of `inputs`, and how many `succeeded`, are `partial`, or `failed`.
        failures: the first 20 failures, each with `input`, `record` and `cause`.
        results: the S3 URI of the folder with the results.
        summary: the S3 URI of `summary.json`, with all failures; null if there is none.
        failed_state: the state that failed; null if none did.
        error: the name of the error; null if there are results.
        cause: what happened; null if every input has its result.
        fix: what to do; null if every input has its result.
        remaining: resources that could not be removed.
        shortened: keys that were truncated or omitted, because SNS limits the size of a message.
    """

    status: BatchStatus
    model: str
    version: str | None
    version_label: str | None
    job: str | None
    region: str
    source: Source
    execution_arn: str
    transform_job: str | None
    counts: Counts | None
    failures: list[RecordFailure]
    results: str | None
    summary: str | None
    failed_state: str | None
    error: str | None
    cause: str | None
    fix: str | None
    remaining: list[str]
    shortened: list[str]


def build_notification(event: PublishBatchInput, region: str) -> BatchNotification:
    """Combine the execution's result."""
    batch, source, status = event.batch, event.source, _status(event)
    job = batch_job_of(source.key)
    cause, fix = _cause_and_fix(event, status)
    failed = status is BatchStatus.FAILED
    return BatchNotification(
        status=status,
        model=job.model if job else source.key,
        version=batch.version if batch else None,
        version_label=version_label(batch.number) if batch else None,
        job=job.job if job else None,
        region=region,
        source=source,
        execution_arn=event.execution_arn,
        transform_job=batch.name if batch else None,
        counts=event.counts,
        failures=event.failures,
        results=f"s3://{source.bucket}/{job.folder}{BATCH_RESULTS}" if job else None,
        summary=event.summary_uri,
        failed_state=event.failure.state if event.failure else None,
        error=(event.failure.error if event.failure else _NO_RESULT) if failed else None,
        cause=cause,
        fix=fix,
        remaining=event.remaining,
        shortened=[],
    )


def _status(event: PublishBatchInput) -> BatchStatus:
    counts = event.counts
    if event.failure is not None or counts is None:
        return BatchStatus.FAILED
    if not counts.succeeded + counts.partial:
        return BatchStatus.FAILED
    complete = counts.succeeded == counts.inputs and not event.remaining
    return BatchStatus.SUCCEEDED if complete else BatchStatus.PARTIAL


def _cause_and_fix(event: PublishBatchInput, status: BatchStatus) -> tuple[str | None, str | None]:
    if event.failure is not None:
        cause, fix = cause_and_fix(event.failure, again="upload _READY again")
        return cause, _FIX_OF_AWS if event.failure.error == "AwsRefused" else fix
    if status is BatchStatus.SUCCEEDED or event.counts is None:
        return None, None
    without = event.counts.inputs - event.counts.succeeded
    if not without:
        return (
            "Every input has its result, but a resource could not be removed.",
            "Find the orphans, and delete them.",
        )
    cause = f"{without:,} of {event.counts.inputs:,} inputs have no complete result."
    if status is BatchStatus.FAILED and event.transform_reason is not None:
        return (
            f"{cause} The transform job did not complete: {event.transform_reason}",
            "Correct what the reason names, then upload _READY again.",
        )
    return cause, "Correct these inputs, then upload _READY again. summary.json names all of them."


def _named(failure: RecordFailure) -> str:
    return failure.input if failure.record is None else f"{failure.input}, {failure.record}"


def failure_sentences(notification: BatchNotification) -> tuple[str, ...]:
    """Return one sentence for each failure in the notification."""
    return tuple(f"{_named(each)}: {each.cause}" for each in notification.failures)
