"""Prepares the first request of the smoke test, with the same checks offline and on AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_client.errors import InvalidTensor
from model_client.expectation import read_expectation
from model_client.request import request
from model_client.tensors import input_of
from model_packager.aws_limits import INVOCATION_BYTES

if TYPE_CHECKING:
    from model_client.expectation import Expectation
    from model_client.sample_file import File
    from model_client.tensors import TestInput
    from model_packager.signature import Signature
    from model_packager.spec.smoke_test_spec import SmokeTest


@dataclass(frozen=True)
class Preparation:
    """The input, its request and the expectation."""

    test_input: TestInput
    body: bytes
    content_type: str
    expectation: Expectation


def prepare(
    sample: File | None,
    expected: File | None,
    signature: Signature,
    smoke_test: SmokeTest,
    limit: int = INVOCATION_BYTES.value,
) -> Preparation:
    """Read the golden sample, and build the request of the smoke test.

    Args:
        sample: the input; None for random data.
        expected: the expected outputs, or None.
        signature: the model's inputs and outputs.
        smoke_test: the spec with the format, and the preprocessing of pictures.
        limit: the maximum size of a request in bytes.

    Raises:
        InvalidTensor: the input is unreadable, does not fit the model, or is too large to send.
        InvalidExpectation: the expected outputs are unreadable, or do not fit the model.
    """
    expectation = read_expectation(expected, signature)
    test_input = input_of(sample, signature, smoke_test, limit)
    _require_one_row(test_input, signature)
    binary = smoke_test.request_format == "binary"
    body, content_type = request(test_input.tensors, signature, binary=binary)
    check_request_size(body, binary=binary, limit=limit)
    return Preparation(test_input, body, content_type, expectation)


def _require_one_row(test_input: TestInput, signature: Signature) -> None:
    """Check for one row, as Triton's sequence batcher does (core, sequence_batch_scheduler.cc)."""
    rows = next(iter(test_input.tensors.values())).shape[0] if signature.max_batch_size else 1
    if signature.sequences and rows != 1:
        raise InvalidTensor(
            f"The sample has {rows} rows, but the model's sequence_batching takes requests of one "
            "row.",
            "Write a sample with one row, then upload the model again.",
        )


def check_request_size(body: bytes, *, binary: bool, limit: int = INVOCATION_BYTES.value) -> None:
    """Check that a request is small enough to send.

    Raises:
        InvalidTensor: the request is too large.
    """
    if len(body) > limit:
        shorter = "" if binary else ", or the binary format (smoke_test.request_format: binary)"
        raise InvalidTensor(
            f"A request with the sample has {len(body):,} bytes, but at most {limit:,} are "
            "accepted.",
            "Use smaller inputs (a smaller sample, or example_dims in deploy.yaml for dims of -1)"
            f"{shorter}, then upload the model again.",
        )
