"""Reads the result of an asynchronous request: an output object or a failure object in S3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Succeeded:
    """The output, with the container's content type."""

    content: bytes
    content_type: str


@dataclass(frozen=True)
class Failed:
    """The error message of the container or of SageMaker."""

    message: str


def poll_result(
    s3: S3Client, output_location: str, failure_location: str | None
) -> Succeeded | Failed | None:
    """Return the result; None while the request is waiting or running.

    Without s3:ListBucket, S3 answers 403 instead of 404 for a missing object (GetObject API
    reference).

    Args:
        s3: a client that may read both objects.
        output_location: the S3 URI that InvokeEndpointAsync returned.
        failure_location: the S3 URI of the failure object; None if the endpoint writes none.

    Raises:
        ClientError: an object cannot be read.
    """
    output = _read(s3, output_location)
    if output is not None:
        return Succeeded(*output)
    failure = _read(s3, failure_location) if failure_location else None
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
