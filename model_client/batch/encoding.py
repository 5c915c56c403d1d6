"""Encodes an input of a batch job as requests.

A transform job sends all objects with the same content type, which includes the length of the
request's JSON header. So all requests of a job have headers of the same length, padded with spaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from tritonclient.utils import triton_to_np_dtype

from model_client.errors import InvalidTensor
from model_client.request import BINARY, request
from model_client.sample_file import File
from model_client.tensors import input_of
from model_client.text import encoded_bytes
from model_packager.dtype import Dtype
from model_packager.sagemaker.transform import FILE_REQUESTS, REQUEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from model_client.arrays import Tensors
    from model_packager.signature import Signature, Tensor
    from model_packager.spec.smoke_test_spec import SmokeTest

LINES_SUFFIX = ".jsonl"

_NUMBER_BYTES = 20
"""The digits and separators of a size in the header, more than a 64-bit number has."""

_SEQUENCE_BYTES = 40


@dataclass(frozen=True)
class Record:
    """One request.

    Attributes:
        start: the index of the first row, or the number of the line.
        rows: the number of rows; 1 for a line.
        body: the request, in Triton's binary format.
    """

    start: int
    rows: int
    body: bytes


@dataclass(frozen=True)
class Unreadable:
    """A line that cannot become a request, and why; with `start` None, the whole file."""

    start: int | None
    cause: str


@cache
def header_bytes(signature: Signature) -> int:
    """Return the length of the JSON header in all requests of a job, enough for each of them."""
    smallest = {each.name: _smallest(each, signature) for each in signature.inputs}
    _body, sent_as = request(smallest, signature, binary=True)
    numbers = sum(len(each.dims) + 2 for each in signature.inputs)
    return int(sent_as.removeprefix(BINARY)) + numbers * _NUMBER_BYTES + _SEQUENCE_BYTES


def content_type(signature: Signature) -> str:
    """Return the content type of all requests of a job."""
    return f"{BINARY}{header_bytes(signature)}"


def encode(
    file: File, signature: Signature, smoke_test: SmokeTest
) -> Iterator[Record | Unreadable]:
    """Yield the requests of a file, in order.

    A picture is one request. The rows of an array are sent in batches of the model's largest size.
    Each line of a .jsonl file is a request, like `input.json` of a golden sample.

    Args:
        file: an input of the job.
        signature: the model's inputs and outputs.
        smoke_test: the spec with the preprocessing of pictures.
    """
    if file.name.lower().endswith(LINES_SUFFIX):
        yield from _lines(file, signature, smoke_test)
        return
    try:
        tensors = input_of(file, signature, smoke_test).tensors
    except InvalidTensor as error:
        yield Unreadable(None, _cause(error, file))
        return
    yield from _batches(tensors, signature)


def _lines(
    file: File, signature: Signature, smoke_test: SmokeTest
) -> Iterator[Record | Unreadable]:
    lines = file.content.split(b"\n")
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        yield Unreadable(None, "It has no lines.")
    if len(numbered) > FILE_REQUESTS:
        yield _too_many(len(numbered), "lines")
        return
    for number, line in numbered:
        try:
            tensors = input_of(File(file.name, line), signature, smoke_test).tensors
            rows = next(iter(tensors.values())).shape[0] if signature.max_batch_size else 1
            _require_batch(rows, signature)
        except InvalidTensor as error:
            yield Unreadable(number, _cause(error, file))
        else:
            yield Record(number, 1, _padded(tensors, signature))


def _cause(error: InvalidTensor, file: File) -> str:
    """Return the cause without the name of the file, which a failure has separately."""
    return error.cause.removeprefix(f"{file.name} ")


def _require_batch(rows: int, signature: Signature) -> None:
    most = 1 if signature.sequences else signature.max_batch_size
    if most and not 0 < rows <= most:
        raise InvalidTensor(
            f"The line has {rows} rows, but the model takes 1 to {most} at once.", "Split the line."
        )


def _batches(tensors: Tensors, signature: Signature) -> Iterator[Record | Unreadable]:
    if not signature.max_batch_size:
        yield from _requests([(0, 1, tensors)], signature)
        return
    counts = {name: array.shape[0] for name, array in tensors.items()}
    rows = next(iter(counts.values()))
    if len(set(counts.values())) > 1 or not rows:
        numbers = ", ".join(f"{name}: {count}" for name, count in counts.items())
        yield Unreadable(None, f"The inputs need the same number of rows, at least 1 ({numbers}).")
        return
    size = 1 if signature.sequences else signature.max_batch_size
    if -(-rows // size) > FILE_REQUESTS:
        yield _too_many(-(-rows // size), "batches")
        return
    batches = [
        (
            start,
            min(size, rows - start),
            {name: array[start : start + size] for name, array in tensors.items()},
        )
        for start in range(0, rows, size)
    ]
    yield from _requests(batches, signature)


def _requests(
    batches: Sequence[tuple[int, int, Tensors]], signature: Signature
) -> Iterator[Record | Unreadable]:
    """Yield the requests of a file, unless one of them is too large: then the file is unreadable.

    Args:
        batches: the first row, the number of rows, and the arrays of each request.
        signature: the model's inputs and outputs.
    """
    largest = header_bytes(signature) + max(
        sum(encoded_bytes(array) for array in tensors.values()) for _, _, tensors in batches
    )
    if largest > REQUEST_BYTES:
        yield Unreadable(
            None,
            f"Its largest request has {largest:,} bytes, but a transform job sends at most "
            f"{REQUEST_BYTES:,}. A smaller max_batch_size makes requests smaller.",
        )
        return
    for start, rows, tensors in batches:
        yield Record(start, rows, _padded(tensors, signature))


def _too_many(count: int, what: str) -> Unreadable:
    return Unreadable(None, f"It has {count:,} {what}, but at most {FILE_REQUESTS:,} are sent.")


def _padded(tensors: Tensors, signature: Signature) -> bytes:
    """Return a request with a JSON header of the job's length."""
    body, sent_as = request(tensors, signature, binary=True)
    length = int(sent_as.removeprefix(BINARY))
    return body[:length] + b" " * (header_bytes(signature) - length) + body[length:]


def _smallest(tensor: Tensor, signature: Signature) -> NDArray[np.generic]:
    shape = [1] * (len(tensor.dims) + (signature.max_batch_size > 0))
    if tensor.dtype is Dtype.STRING:
        return np.full(shape, b"", np.object_)
    return np.zeros(shape, triton_to_np_dtype(tensor.dtype))
