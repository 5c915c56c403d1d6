"""The input and output of each state of batch_transform, in order.

A test compares this file with statemachine/batch_transform.asl.json.
"""

from enum import StrEnum

from pydantic import AwareDatetime

from model_packager.stored import CaughtError, Source
from workflow.contracts.base import Contract, PublishedNotification


class Batch(Contract):
    """One run of a batch job.

    Attributes:
        model: the name of the model.
        version: the version that is live when the run starts.
        number: the number of the version; null for versions from before there were numbers.
        job: the name of the job.
        folder: the key prefix of the job's inputs in the drop bucket.
        run: the ID of this run of the job (`names.batch_run`).
        name: the name of the run's SageMaker model and transform job.
        inputs: the number of inputs.
    """

    model: str
    version: str
    number: int | None
    job: str
    folder: str
    run: str
    name: str
    inputs: int


class RecordFailure(Contract):
    """A failed part of an input. `record` names its line or rows; null for the whole input."""

    input: str
    record: str | None
    cause: str


class Counts(Contract):
    """How many inputs a run had, and how many of them have results: complete, or partial."""

    inputs: int
    succeeded: int
    partial: int
    failed: int


class PlanBatchInput(Contract):
    """Plan Batch: the uploaded object that starts the job. `order` distinguishes two uploads."""

    source: Source
    order: str
    event_time: AwareDatetime
    execution_arn: str


class PlanBatchOutput(Contract):
    """Plan Batch: the run; null if another execution owns it."""

    batch: Batch | None


class EncodeInputsInput(Contract):
    """Encode Inputs: one step per call. `encoded`: how many inputs are done."""

    batch: Batch
    source: Source
    encoded: int
    requests: int
    largest_bytes: int
    execution_arn: str


class EncodeInputsOutput(Contract):
    """Encode Inputs: repeated until `done`. `largest_bytes`: the largest request so far."""

    done: bool
    encoded: int
    requests: int
    largest_bytes: int


class StartTransformInput(Contract):
    """Start Transform: the run, and the largest of its requests."""

    batch: Batch
    largest_bytes: int
    execution_arn: str


class StartTransformOutput(Contract):
    """Start Transform: the ARN of the transform job."""

    transform_arn: str


class CheckTransformInput(Contract):
    """Check Transform. `waited_seconds`: since the transform job was created."""

    batch: Batch
    waited_seconds: int
    execution_arn: str


class CheckTransformOutput(Contract):
    """Check Transform: whether the job has ended, and why it failed; null if it did not."""

    ended: bool
    reason: str | None


class CollectResultsInput(Contract):
    """Collect Results: one step per call. `collected`: how many inputs are done."""

    batch: Batch
    source: Source
    collected: int
    transform_reason: str | None
    execution_arn: str


class CollectResultsOutput(Contract):
    """Collect Results: repeated until `done`. The last output has counts and the first failures."""

    done: bool
    collected: int
    counts: Counts | None
    failures: list[RecordFailure]
    summary_uri: str | None


class RemoveTransformInput(Contract):
    """Remove Transform: the run, finished or not."""

    batch: Batch
    execution_arn: str


class RemoveTransformOutput(Contract):
    """Remove Transform: resources that could not be removed yet."""

    remaining: list[str]


class BatchStatus(StrEnum):
    """The result of a batch job."""

    SUCCEEDED = "SUCCEEDED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"


class PublishBatchInput(Contract):
    """Publish Batch. Fields are null or empty if the execution did not get that far."""

    source: Source
    execution_arn: str
    batch: Batch | None
    failure: CaughtError | None
    transform_reason: str | None
    counts: Counts | None
    failures: list[RecordFailure]
    summary_uri: str | None
    remaining: list[str]


class PublishBatchOutput(PublishedNotification):
    """Publish Batch: the status, the error that ends the execution, and the notification."""

    status: BatchStatus
    error: str
    cause: str
