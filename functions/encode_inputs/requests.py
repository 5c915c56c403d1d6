"""Writes the requests of a batch job to the prefix that the transform job reads."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from model_client.batch.encoding import Unreadable, encode
from model_client.sample_file import File
from model_packager.names.batch import batch_work_prefix
from model_packager.rejection import refusal
from model_packager.sagemaker.transform import BATCH_SUFFIXES, FILE_BYTES
from workflow.aws.clients import s3
from workflow.batch.documents import INPUTS, EncodedInput, InputFile, request_name
from workflow.drop.source_object import pin, source_unchanged
from workflow.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from model_client.batch.encoding import Record
    from workflow.batch.documents import BatchPlan
    from workflow.contracts.batch_transform import EncodeInputsInput

READERS = 2
"""Threads. Each may have a picture of 50 million pixels in memory, or FILE_BYTES four times."""

WRITERS = 8


class _UnexpectedError(Exception):
    """A file that made a reader fail with an unexpected error."""


def encode_group(
    event: EncodeInputsInput, plan: BatchPlan, indexes: range, bucket: str
) -> tuple[tuple[EncodedInput, ...], int]:
    """Encode inputs, and store their requests.

    Returns:
        The encoded inputs, and the size in bytes of the largest request.
    """
    prefix = batch_work_prefix(event.batch.run) + INPUTS
    with (
        # Each reader ignores warnings while it reads, but all threads share the filters. A reader
        # that ends first would otherwise print the warnings of another.
        warnings.catch_warnings(action="ignore"),
        ThreadPoolExecutor(READERS) as readers,
        ThreadPoolExecutor(WRITERS) as writers,
    ):

        def write(name: str, body: bytes) -> int:
            s3().put_object(Bucket=bucket, Key=prefix + name, Body=body)
            return len(body)

        def encode_input(index: int) -> tuple[EncodedInput, int]:
            requests, unreadable = list[tuple[int, int]](), list[tuple[int | None, str]]()
            writing: list[Future[int]] = []
            for each in _records(event, plan, plan.inputs[index]):
                if isinstance(each, Unreadable):
                    unreadable.append((each.start, each.cause))
                    continue
                name = request_name(index, len(requests))
                writing.append(writers.submit(write, name, each.body))
                requests.append((each.start, each.rows))
            encoded = EncodedInput(
                index=index, requests=tuple(requests), unreadable=tuple(unreadable)
            )
            return encoded, max((each.result() for each in writing), default=0)

        done = list(readers.map(encode_input, indexes))
    return tuple(each for each, _largest in done), max(largest for _each, largest in done)


def _records(
    event: EncodeInputsInput, plan: BatchPlan, file: InputFile
) -> Iterator[Record | Unreadable]:
    """Yield the requests of an input, and the cause for each part that is unreadable."""
    if not file.name.lower().endswith(BATCH_SUFFIXES):
        yield Unreadable(None, f"Its format is not one of {', '.join(BATCH_SUFFIXES)}.")
        return
    if file.size > FILE_BYTES:
        yield Unreadable(None, f"It has {file.size:,} bytes, but at most {FILE_BYTES:,} are read.")
        return
    servable = plan.servable
    try:
        content = _read(event, file)
    except SourceChanged:
        yield Unreadable(None, "It was overwritten or deleted after the job had started.")
        return
    records = encode(File(file.name, content), servable.signature, servable.spec.smoke_test)
    yield from _guarded(records)


def _guarded(records: Iterable[Record | Unreadable]) -> Iterator[Record | Unreadable]:
    iterator = iter(records)
    while True:
        try:
            with refusal(_UnexpectedError):
                each = next(iterator, None)
        except _UnexpectedError as error:
            yield Unreadable(None, f"It cannot be read: {error}.")
            return
        if each is None:
            return
        yield each


def _read(event: EncodeInputsInput, file: InputFile) -> bytes:
    key = event.batch.folder + file.name
    source = event.source.model_copy(update={"key": key, "etag": file.etag, "version_id": None})
    with source_unchanged(source):
        return s3().get_object(**pin(source))["Body"].read()
