"""Copies payloads through files, from S3 to a container and back to S3, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.local.sagemaker.triton.server import BASE_URL, WITHOUT_TLS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK_BYTES = 1024 * 1024
_TRANSFER = TransferConfig(multipart_chunksize=8 * CHUNK_BYTES, max_concurrency=2)

TRANSFER_ERRORS = (BotoCoreError, ClientError, Boto3Error, OSError)
"""The exceptions that `download` and `upload` raise."""


def download(s3: S3Client, bucket: str, key: str, target: Path, most: int | None = None) -> bool:
    """Download an object.

    Args:
        s3: an S3 client with the execution role's credentials.
        bucket: the bucket.
        key: the object's key.
        target: the file to write.
        most: the maximum size in bytes; None for no limit.

    Returns:
        False if the object is larger than `most`; then the file is not written.
    """
    response = s3.get_object(Bucket=bucket, Key=key)
    body = response["Body"]
    if most is not None and response["ContentLength"] > most:
        body.close()
        return False
    with target.open("wb") as file:
        for chunk in body.iter_chunks(CHUNK_BYTES):
            file.write(chunk)
    return True


def post(
    address: str,
    sent: Path,
    received: Path,
    headers: Mapping[str, str],
    timeout_seconds: float,
    *,
    chunked: bool = False,
) -> tuple[int, str]:
    """Post a file to /invocations, and write the response's body to another file.

    Args:
        address: the path of the container's Unix socket.
        sent: the file with the request body.
        received: the file for the response body.
        headers: the request headers, without Content-Length.
        timeout_seconds: the time limit for each part of the exchange.
        chunked: whether to send the body in chunked encoding, without Content-Length.

    Returns:
        The status and the content type of the response.

    Raises:
        httpx.TimeoutException: the container took too long.
        httpx.TransportError: the container gave no response.
    """
    length = {} if chunked else {"content-length": str(sent.stat().st_size)}
    transport = httpx.HTTPTransport(uds=address, verify=WITHOUT_TLS)
    timeout = httpx.Timeout(timeout_seconds)
    with (
        httpx.Client(
            base_url=BASE_URL, transport=transport, timeout=timeout, trust_env=False
        ) as client,
        client.stream(
            "POST", "/invocations", content=_pieces(sent), headers={**headers, **length}
        ) as response,
        received.open("wb") as file,
    ):
        for chunk in response.iter_bytes(CHUNK_BYTES):
            file.write(chunk)
        return response.status_code, response.headers.get("content-type", "")


def start_of(file: Path) -> str:
    """Return the first MiB of a file as text, for messages."""
    with file.open("rb") as opened:
        return opened.read(CHUNK_BYTES).decode("utf-8", "replace")


def upload(s3: S3Client, file: Path, bucket: str, key: str, content_type: str = "") -> None:
    """Upload a file; a failed upload leaves no object.

    Args:
        s3: an S3 client with the execution role's credentials.
        file: the file to upload.
        bucket: the bucket.
        key: the object's key.
        content_type: the content type of the object; empty for S3's default.
    """
    extra = {"ContentType": content_type} if content_type else {}
    # Uploads by path, because upload_fileobj would hold up to ten parts in memory.
    s3.upload_file(str(file), bucket, key, ExtraArgs=extra, Config=_TRANSFER)


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(CHUNK_BYTES):
            yield piece
