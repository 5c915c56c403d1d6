"""Submits an asynchronous request, and reads its output object or failure object in S3."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from model_packager.names.request import ASYNC_INPUTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker_runtime.type_defs import InvokeEndpointAsyncOutputTypeDef


@dataclass(frozen=True)
class QueuedRequest:
    """A request that SageMaker accepted: the S3 URIs to which it writes the result."""

    output_location: str
    failure_location: str | None
    """None if the endpoint writes no failure objects."""


@dataclass(frozen=True)
class Succeeded:
    """The output, with the container's content type."""

    content: bytes
    content_type: str


@dataclass(frozen=True)
class Failed:
    """The error message of the container or of SageMaker."""

    message: str


def submit_request(
    put_object: Callable[..., object],
    invoke_endpoint_async: Callable[..., InvokeEndpointAsyncOutputTypeDef],
    *,
    bucket: str,
    endpoint: str,
    body: bytes,
    content_type: str,
) -> QueuedRequest:
    """Put the input into the artifact bucket, and add the request to the endpoint's queue.

    The lifecycle rule of the bucket deletes the input.

    Args:
        put_object: the method of an S3 client.
        invoke_endpoint_async: the method of a client of SageMaker's runtime API.
        bucket: the artifact bucket.
        endpoint: the name of the endpoint.
        body: the request body.
        content_type: the body's content type.

    Raises:
        ClientError: S3 or SageMaker refused a call.
    """
    key = f"{ASYNC_INPUTS}{uuid.uuid4()}"
    put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)
    accepted = invoke_endpoint_async(
        EndpointName=endpoint, InputLocation=f"s3://{bucket}/{key}", ContentType=content_type
    )
    return QueuedRequest(accepted["OutputLocation"], accepted.get("FailureLocation"))


def poll_result(s3: S3Client, request: QueuedRequest) -> Succeeded | Failed | None:
    """Return the result; None while the request is waiting or running.

    Without s3:ListBucket, S3 answers 403 instead of 404 for a missing object (GetObject API
    reference).

    Args:
        s3: a client that may read both objects.
        request: the submitted request.

    Raises:
        ClientError: an object cannot be read.
    """
    output = _read(s3, request.output_location)
    if output is not None:
        return Succeeded(*output)
    failure = _read(s3, request.failure_location) if request.failure_location else None
    return None if failure is None else Failed(failure[0].decode("utf-8", "replace"))


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Split an S3 URI into bucket and key."""
    parts = urlsplit(uri)
    return parts.netloc, parts.path.lstrip("/")


def _read(s3: S3Client, uri: str) -> tuple[bytes, str] | None:
    bucket, key = bucket_and_key(uri)
    try:
        found = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    return found["Body"].read(), found.get("ContentType", "")
