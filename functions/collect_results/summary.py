"""The summary of a run, next to its results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from model_packager.names.batch import BATCH_RESULTS, BATCH_SUMMARY
from workflow.aws.clients import s3
from workflow.batch.documents import COLLECTED, Collected, CollectedInput, read_steps
from workflow.contracts.batch_transform import CollectResultsOutput, Counts, RecordFailure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from workflow.batch.documents import BatchPlan
    from workflow.contracts.batch_transform import CollectResultsInput

SHOWN_FAILURES = 20
"""The maximum in the notification; the summary lists all failures."""

_CAUSE_CHARACTERS = 300
_NAME_CHARACTERS = 200


def finish(event: CollectResultsInput, plan: BatchPlan, bucket: str) -> CollectResultsOutput:
    """Write the summary, and delete the results of earlier runs that this run did not replace."""
    steps = read_steps(bucket, event.batch.run, COLLECTED, Collected)
    inputs = [each for done in steps for each in done.inputs]
    folder = event.batch.folder + BATCH_RESULTS
    body = json.dumps(summary(event, plan, inputs), indent=2).encode()
    key, drops = folder + BATCH_SUMMARY, event.source.bucket
    s3().put_object(Bucket=drops, Key=key, Body=body, ContentType="application/json")
    _delete_others(drops, folder, {key, *(each.result for each in inputs if each.result)})
    failures = [failure for each in inputs for failure in each.failures]
    return CollectResultsOutput(
        done=True,
        collected=len(inputs),
        counts=count(inputs),
        failures=[_short(each) for each in failures[:SHOWN_FAILURES]],
        summary_uri=f"s3://{drops}/{key}",
    )


def summary(
    event: CollectResultsInput, plan: BatchPlan, inputs: Sequence[CollectedInput]
) -> dict[str, Any]:
    """Return the content of summary.json."""
    return {
        "model": event.batch.model,
        "version": event.batch.version,
        "job": event.batch.job,
        "execution_arn": event.execution_arn,
        "transform_job": event.batch.name,
        "instance_type": plan.hosting.instance_type,
        "counts": count(inputs).model_dump(),
        "results": {each.input: each.result for each in inputs if each.result},
        "failures": [failure.model_dump() for each in inputs for failure in each.failures],
    }


def count(inputs: Sequence[CollectedInput]) -> Counts:
    """Count the inputs by their result."""
    succeeded = sum(not each.failures for each in inputs)
    partial = sum(bool(each.failures and each.outputs) for each in inputs)
    return Counts(
        inputs=len(inputs),
        succeeded=succeeded,
        partial=partial,
        failed=len(inputs) - succeeded - partial,
    )


def _delete_others(bucket: str, folder: str, kept: set[str]) -> None:
    pages = s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder)
    for page in pages:
        for each in page.get("Contents", []):
            if each["Key"] not in kept:
                s3().delete_object(Bucket=bucket, Key=each["Key"])


def _short(failure: RecordFailure) -> RecordFailure:
    return failure.model_copy(
        update={
            "input": failure.input[:_NAME_CHARACTERS],
            "cause": failure.cause[:_CAUSE_CHARACTERS],
        }
    )
