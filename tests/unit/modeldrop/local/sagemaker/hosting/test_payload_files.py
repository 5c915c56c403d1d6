"""Payloads as files, with moto's S3 and an HTTP server on a Unix socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer
from typing import TYPE_CHECKING

import boto3
import httpx
import pytest
from moto import mock_aws

from modeldrop.local.sagemaker.hosting.payload_files import (
    CHUNK_BYTES,
    download,
    post,
    start_of,
    upload,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "payloads"


@pytest.fixture
def s3() -> Iterator[S3Client]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def test_object_is_downloaded_up_to_a_size(s3: S3Client, tmp_path: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="key", Body=b"12345")
    target = tmp_path / "target"
    assert not download(s3, BUCKET, "key", target, most=4)
    assert not target.exists()
    for most in (5, None):
        assert download(s3, BUCKET, "key", target, most)
        assert target.read_bytes() == b"12345"


def test_upload_has_the_content_type(s3: S3Client, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * (9 * CHUNK_BYTES))
    upload(s3, file, BUCKET, "typed", "text/csv")
    upload(s3, file, BUCKET, "untyped")
    typed = s3.head_object(Bucket=BUCKET, Key="typed")
    assert (typed["ContentType"], typed["ContentLength"]) == ("text/csv", 9 * CHUNK_BYTES)
    assert s3.head_object(Bucket=BUCKET, Key="untyped")["ContentType"] == "binary/octet-stream"


@dataclass
class Container:
    """Responds on a Unix socket with status 418, and keeps the last request."""

    address: str
    responds: bool = True
    headers: Message = field(default_factory=Message)
    body: bytes = b""


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    running = Container(str(tmp_path / "socket"))
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            running.headers = self.headers
            if not running.responds:
                ended.wait()
                return
            length = int(self.headers.get("content-length", 0))
            running.body = self.rfile.read(length) or self.chunks()
            self.send_response(418)
            self.send_header("content-type", "text/plain")
            self.send_header("content-length", "6")
            self.end_headers()
            self.wfile.write(b"answer")

        def chunks(self) -> bytes:
            content = b""
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            return content

        def log_message(self, *_: object) -> None:
            return

    with UnixStreamServer(running.address, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield running
        ended.set()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("chunked", [False, True])
def test_request_and_response_are_files(
    container: Container, tmp_path: Path, chunked: bool
) -> None:
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.write_bytes(b"request")
    headers = {"content-type": "text/csv"}
    assert post(container.address, sent, received, headers, 5, chunked=chunked) == (
        418,
        "text/plain",
    )
    assert container.body == b"request"
    assert container.headers["content-type"] == "text/csv"
    assert container.headers["transfer-encoding"] == ("chunked" if chunked else None)
    assert container.headers["content-length"] == (None if chunked else "7")
    assert received.read_bytes() == b"answer"
    assert start_of(received) == "answer"


def test_time_limit(container: Container, tmp_path: Path) -> None:
    container.responds = False
    sent = tmp_path / "sent"
    sent.write_bytes(b"")
    with pytest.raises(httpx.TimeoutException):
        post(container.address, sent, tmp_path / "received", {}, 0.2)


def test_no_server_listens(tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    sent.write_bytes(b"")
    with pytest.raises(httpx.TransportError):
        post(str(tmp_path / "nothing"), sent, tmp_path / "received", {}, 1)
