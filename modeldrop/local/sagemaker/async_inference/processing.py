"""Processes a request from the queue: input from S3, container, output to S3.

Payloads are copied through files in pieces, so a payload of 500 MB does not have to fit into
memory. Source: SageMaker's developer guide, "Asynchronous inference". AWS does not document the
text of a failure object; here it is the message of a ModelError.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from modeldrop.local.sagemaker.async_queue import AsyncRequest
from modeldrop.local.sagemaker.faults import RequestFaults
from modeldrop.local.sagemaker.hosting.artifact import split_s3_url
from modeldrop.local.sagemaker.hosting.payload_files import (
    TRANSFER_ERRORS,
    download,
    post,
    start_of,
    upload,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Describe = Callable[[int, str], str]
"""Builds the error message for a container's response from its status and body."""


@dataclass(frozen=True)
class Result:
    """The result of a request.

    Attributes:
        status: the container's status code; 0 if it gave no response or got no request.
        content_type: the content type of the response.
        failure: the reason why the request failed; None for a success.
        model_seconds: the time that the container took.
    """

    status: int
    content_type: str = ""
    failure: str | None = None
    model_seconds: float = 0.0


def process(
    request: AsyncRequest,
    s3: S3Client,
    address: str,
    folder: Path,
    describe: Describe,
    faults: RequestFaults,
    stopping: threading.Event,
) -> Result:
    """Process a request, and write its output object or failure object.

    Args:
        request: the request from the queue.
        s3: an S3 client with the execution role's credentials.
        address: the path of the container's Unix socket.
        folder: the folder for temporary files.
        describe: builds the error message for a container's response.
        faults: the injected faults for the request.
        stopping: is set to end the wait of a slow response.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = uuid.uuid4()  # not the inference ID, because the client chooses it
    sent, received = folder / f"{name}.in", folder / f"{name}.out"
    with ExitStack() as files:
        for each in (sent, received):
            files.callback(each.unlink, missing_ok=True)
        result = _invoked(request, s3, address, sent, received, describe, faults, stopping)
        if result.failure is None:
            try:
                upload(s3, received, *split_s3_url(request.output_location), result.content_type)
            except TRANSFER_ERRORS as error:
                message = f"Failed to upload the output to {request.output_location}: {error}"
                result = Result(result.status, failure=message)
    if result.failure is not None:
        _write_failure(request, s3, result.failure)
    return result


def _invoked(
    request: AsyncRequest,
    s3: S3Client,
    address: str,
    sent: Path,
    received: Path,
    describe: Describe,
    faults: RequestFaults,
    stopping: threading.Event,
) -> Result:
    if time.monotonic() > request.expires:
        return Result(0, failure="The request expired: it waited longer than RequestTTLSeconds.")
    try:
        _fetch(request, s3, sent)
    except TRANSFER_ERRORS as error:
        return Result(0, failure=f"Failed to download the input {request.input_location}: {error}")
    faults.wait(stopping)
    if faults.error is not None:
        return Result(500, failure=describe(500, faults.error))
    start = time.monotonic()
    try:
        status, content_type = post(
            address, sent, received, request.headers, request.timeout_seconds
        )
    except httpx.TimeoutException:
        return Result(0, failure=_timed_out(request), model_seconds=request.timeout_seconds)
    except httpx.TransportError as error:
        return Result(0, failure=f"The container gave no response: {error}")
    seconds = time.monotonic() - start
    if 200 <= status < 300:
        return Result(status, content_type, model_seconds=seconds)
    return Result(status, content_type, describe(status, start_of(received)), seconds)


def _fetch(request: AsyncRequest, s3: S3Client, target: Path) -> None:
    if not request.input_location:
        target.write_bytes(request.body)
        return
    download(s3, *split_s3_url(request.input_location), target)


def _write_failure(request: AsyncRequest, s3: S3Client, message: str) -> None:
    if request.failure_location is None:
        return
    bucket, key = split_s3_url(request.failure_location)
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=message.encode(), ContentType="text/plain")
    except TRANSFER_ERRORS:
        return  # the notification has the message, too


def _timed_out(request: AsyncRequest) -> str:
    return (
        "Your invocation timed out while waiting for a response from container primary: it took "
        f"longer than InvocationTimeoutSeconds ({request.timeout_seconds:g})."
    )
