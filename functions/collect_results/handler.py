"""Collect Results: writes a result for each input, and lists the inputs without one."""

import time

from collect_results.results import Collector
from collect_results.summary import finish
from workflow.batch.documents import COLLECTED, Collected, group_end, read_plan, write_step
from workflow.contracts.batch_transform import CollectResultsInput, CollectResultsOutput
from workflow.settings import CollectResultsSettings
from workflow.step import step

SECONDS = 450
"""A call starts no new group after this time; the largest group fits into the time that is left."""

MIN_INPUTS = 8
"""The minimum inputs per group: each group adds events to the execution's history, which is
limited."""


@step(CollectResultsInput)
def handler(event: CollectResultsInput) -> CollectResultsOutput:
    """Collect groups of inputs; the last call writes the summary. Idempotent."""
    deadline = time.monotonic() + SECONDS
    bucket, run = CollectResultsSettings.read().artifact_bucket, event.batch.run
    plan = read_plan(bucket, run)
    collector = Collector(event, plan, bucket)
    sizes, collected = collector.sizes(), event.collected
    while collected < len(sizes):
        end = group_end(sizes, collected, MIN_INPUTS)
        done = Collected(inputs=collector.collect(range(collected, end)))
        write_step(bucket, run, COLLECTED, collected, done)
        collected = end
        if time.monotonic() >= deadline:
            break
    if collected < len(sizes):
        return CollectResultsOutput(
            done=False, collected=collected, counts=None, failures=[], summary_uri=None
        )
    return finish(event, plan, bucket)
