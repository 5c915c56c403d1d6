"""Encode Inputs: turns the inputs of a batch job into requests, in as many calls as it takes."""

import time

from encode_inputs.requests import encode_group
from model_packager.sagemaker.transform import MAX_REQUESTS
from workflow.batch.documents import ENCODED, Encoded, group_end, read_plan, write_step
from workflow.contracts.batch_transform import EncodeInputsInput, EncodeInputsOutput
from workflow.errors import BatchFailed
from workflow.settings import EncodeInputsSettings
from workflow.step import step

SECONDS = 450
"""A call starts no new group after this time; the largest group fits into the time that is left."""


@step(EncodeInputsInput)
def handler(event: EncodeInputsInput) -> EncodeInputsOutput:
    """Encode groups of inputs. A repeated call overwrites the requests of the first one."""
    deadline = time.monotonic() + SECONDS
    bucket, run = EncodeInputsSettings.read().artifact_bucket, event.batch.run
    plan = read_plan(bucket, run)
    sizes = [each.size for each in plan.inputs]
    encoded, requests, largest = event.encoded, event.requests, event.largest_bytes
    while encoded < len(sizes):
        end = group_end(sizes, encoded)
        group, group_largest = encode_group(event, plan, range(encoded, end), bucket)
        requests += sum(len(each.requests) for each in group)
        if requests > MAX_REQUESTS:
            raise BatchFailed(
                f"The inputs need more than {MAX_REQUESTS:,} requests.",
                "Split the batch job into several, or set a larger max_batch_size in deploy.yaml.",
            )
        write_step(bucket, run, ENCODED, encoded, Encoded(inputs=group))
        encoded, largest = end, max(largest, group_largest)
        if time.monotonic() >= deadline:
            break
    return EncodeInputsOutput(
        done=encoded == len(sizes), encoded=encoded, requests=requests, largest_bytes=largest
    )
