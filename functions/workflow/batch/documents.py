"""The documents of a run of a batch job, below `_batch/<run>/` in the artifact bucket.

    claim.json              Claim       the execution that owns the run
    plan.json               BatchPlan   the version, its instances, and the inputs
    inputs/<input>-<record>             the requests, which the transform job reads
    outputs/                            the responses; `.out` follows the request's name
    encoded/<input>.json    Encoded     the results of a call of Encode Inputs
    collected/<input>.json  Collected   the results of a call of Collect Results

Inputs and records have five digits, so that their names sort by number.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from model_packager.names.batch import batch_work_prefix
from model_packager.sagemaker.hosting import Hosting
from model_packager.stored import Claim, ServableModel
from workflow.aws.clients import s3
from workflow.aws.s3_object import put_if_unchanged
from workflow.contracts.base import Contract
from workflow.contracts.batch_transform import RecordFailure  # pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Document = TypeVar("Document", bound=Contract)

ENCODED = "encoded/"
COLLECTED = "collected/"
INPUTS = "inputs/"
OUTPUTS = "outputs/"

GROUP_FILES = 64
GROUP_BYTES = 32 * 1024**2
"""The size of a group: a call checks its time limit after each group."""

_READERS = 8


class InputFile(Contract):
    """An input in the state that Plan Batch saw. `name` is relative to the job's folder."""

    name: str
    size: int
    etag: str


class BatchPlan(Contract):
    """What the later states need to know about the run."""

    inputs: tuple[InputFile, ...]
    servable: ServableModel
    hosting: Hosting
    artifact_uri: str
    version: str


class EncodedInput(Contract):
    """The requests of an input, and its unreadable parts.

    Attributes:
        index: the input's index in the plan.
        requests: for each request, its first row or line number, and its number of rows.
        unreadable: for each part, its line number, or None for the whole input, and the cause.
    """

    index: int
    requests: tuple[tuple[int, int], ...]
    unreadable: tuple[tuple[int | None, str], ...]


class Encoded(Contract):
    """The results of a call, in the order of its inputs."""

    inputs: tuple[EncodedInput, ...]


class CollectedInput(Contract):
    """The result of an input.

    Attributes:
        input: its name.
        result: its key in the drop bucket; None if there is none.
        outputs: the number of requests with outputs.
        failures: the parts without outputs.
    """

    input: str
    result: str | None
    outputs: int
    failures: tuple[RecordFailure, ...]


class Collected(Contract):
    """The results of a call, in the order of its inputs."""

    inputs: tuple[CollectedInput, ...]


def claim_run(bucket: str, run: str, execution_arn: str) -> bool:
    """Claim the run for this execution; return whether it owns the run. Idempotent."""
    key = f"{batch_work_prefix(run)}claim.json"
    body = Claim(execution_arn=execution_arn).model_dump_json().encode()
    if put_if_unchanged(bucket, key, body, None, "application/json"):
        return True
    found = s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    return Claim.model_validate_json(found).execution_arn == execution_arn


def write_plan(bucket: str, run: str, plan: BatchPlan) -> None:
    """Store the plan of a run."""
    _put(bucket, f"{batch_work_prefix(run)}plan.json", plan)


def read_plan(bucket: str, run: str) -> BatchPlan:
    """Read the plan of a run."""
    return _get(bucket, f"{batch_work_prefix(run)}plan.json", BatchPlan)


def write_step(bucket: str, run: str, folder: str, first: int, done: Contract) -> None:
    """Store the results of a call that starts with the input `first`; overwrites."""
    _put(bucket, f"{batch_work_prefix(run)}{folder}{first:05d}.json", done)


def read_steps(bucket: str, run: str, folder: str, kind: type[Document]) -> list[Document]:
    """Read the results of all calls, in order."""
    keys = [key for key, _size in list_work(bucket, run, folder)]
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(lambda key: _get(bucket, key, kind), keys))


def list_work(bucket: str, run: str, folder: str) -> Iterator[tuple[str, int]]:
    """Yield key and size of each object in a folder of the run."""
    pages = s3().get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=batch_work_prefix(run) + folder):
        for each in page.get("Contents", []):
            yield each["Key"], each["Size"]


def request_name(index: int, number: int) -> str:
    """Return the name of a request, from the input's index and the request's number in it."""
    return f"{index:05d}-{number:05d}"


def group_end(sizes: Sequence[int], first: int, least: int = 1) -> int:
    """Return the end of the group that starts with an input.

    Args:
        sizes: the sizes of all inputs in bytes.
        first: the index of the group's first input.
        least: the minimum number of inputs in a group, whatever their size.
    """
    end = min(first + least, len(sizes))
    total = sum(sizes[first:end])
    while end < len(sizes) and end - first < GROUP_FILES and total + sizes[end] <= GROUP_BYTES:
        total += sizes[end]
        end += 1
    return end


def _put(bucket: str, key: str, content: Contract) -> None:
    body = content.model_dump_json().encode()
    s3().put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")


def _get(bucket: str, key: str, kind: type[Document]) -> Document:
    body = s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    return kind.model_validate_json(body)
