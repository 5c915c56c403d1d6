"""The stand-in follows the rules of S3 that our code needs."""

from __future__ import annotations

import base64
import hashlib
import time
import zlib
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, SSLError

from benchmarks.s3_stand_in.certificate import server_context
from benchmarks.s3_stand_in.server import Server, running
from benchmarks.s3_stand_in.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

MIB = 1024**2
BODY = bytes(range(256)) * (6 * MIB // 256)


def client_of(server: Server) -> S3Client:
    return boto3.client(
        "s3",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("objects")) as server:
        yield server


@pytest.fixture
def s3(server: Server, monkeypatch: pytest.MonkeyPatch) -> S3Client:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.clear()
    return client_of(server)


def refusal(request: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        request(Bucket="b", **parameters)
    return error.value.response["Error"]["Code"]


def put(s3: S3Client, body: bytes = BODY, key: str = "k") -> str:
    return s3.put_object(Bucket="b", Key=key, Body=body)["ETag"]


def read(s3: S3Client, key: str, **conditions: str) -> bytes:
    return s3.get_object(Bucket="b", Key=key, **conditions)["Body"].read()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("byte_range", "first", "last"),
    [("bytes=0-0", 0, 1), ("bytes=5-9", 5, 10), ("bytes=6291450-", -6, None), ("", 0, None)],
)
def test_ranges(s3: S3Client, byte_range: str, first: int, last: int | None) -> None:
    put(s3)
    assert read(s3, "k", **({"Range": byte_range} if byte_range else {})) == BODY[first:last]


def test_range_beyond_the_end(s3: S3Client) -> None:
    put(s3, b"four")
    assert read(s3, "k", Range="bytes=2-99") == b"ur"
    assert refusal(s3.get_object, Key="k", Range="bytes=4-9") == "InvalidRange"


def test_conditions(s3: S3Client) -> None:
    etag = put(s3)
    assert len(read(s3, "k", IfMatch=etag)) == len(BODY)
    put(s3, b"other")
    assert refusal(s3.get_object, Key="k", IfMatch=etag) == "PreconditionFailed"
    assert refusal(s3.head_object, Key="k", IfMatch=etag) == "412"
    copy = {"CopySource": {"Bucket": "b", "Key": "k"}, "CopySourceIfMatch": etag, "Key": "c"}
    assert refusal(s3.copy_object, **copy) == "PreconditionFailed"
    upload = s3.create_multipart_upload(Bucket="b", Key="c")["UploadId"]
    part = {"UploadId": upload, "PartNumber": 1, "CopySourceRange": "bytes=0-4"}
    assert refusal(s3.upload_part_copy, **copy, **part) == "PreconditionFailed"


def test_missing_object(s3: S3Client) -> None:
    assert refusal(s3.get_object, Key="k") == "NoSuchKey"
    assert refusal(s3.copy_object, Key="c", CopySource={"Bucket": "b", "Key": "k"}) == "NoSuchKey"


def test_same_content_has_the_same_etag(s3: S3Client) -> None:
    assert put(s3, key="one") == put(s3, key="two") != put(s3, BODY[1:], key="three")


def test_copy_has_the_requested_checksum(s3: S3Client) -> None:
    put(s3)
    s3.copy_object(
        Bucket="b", Key="c", CopySource={"Bucket": "b", "Key": "k"}, ChecksumAlgorithm="SHA256"
    )
    assert read(s3, "c") == BODY
    head = s3.head_object(Bucket="b", Key="c", ChecksumMode="ENABLED")
    assert base64.b64decode(head["ChecksumSHA256"]) == hashlib.sha256(BODY).digest()


def checksum(body: bytes) -> str:
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def test_damaged_bodies_are_refused(s3: S3Client) -> None:
    assert refusal(s3.put_object, Key="k", Body=b"x", ChecksumCRC32=checksum(b"y")) == "BadDigest"
    upload = s3.create_multipart_upload(Bucket="b", Key="k", ChecksumAlgorithm="CRC32")["UploadId"]
    part = {"Key": "k", "UploadId": upload, "PartNumber": 1, "Body": b"x"}
    assert refusal(s3.upload_part, **part, ChecksumCRC32=checksum(b"y")) == "BadDigest"


class Parts:
    """A multipart upload with sent and copied parts."""

    def __init__(self, s3: S3Client) -> None:
        self.s3 = s3
        self.id = s3.create_multipart_upload(Bucket="b", Key="made")["UploadId"]
        self.done: list[dict[str, Any]] = []

    def send(self, body: bytes) -> None:
        number = len(self.done) + 1
        sent = self.s3.upload_part(
            Bucket="b", Key="made", UploadId=self.id, PartNumber=number, Body=body
        )
        self.done.append({"PartNumber": number, "ETag": sent["ETag"]})

    def copy(self, byte_range: str) -> None:
        number = len(self.done) + 1
        copied = self.s3.upload_part_copy(
            Bucket="b",
            Key="made",
            UploadId=self.id,
            PartNumber=number,
            CopySource={"Bucket": "b", "Key": "k"},
            CopySourceRange=byte_range,
        )
        self.done.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})

    def complete(self) -> None:
        self.s3.complete_multipart_upload(
            Bucket="b",
            Key="made",
            UploadId=self.id,
            MultipartUpload={"Parts": self.done},  # type: ignore[typeddict-item]
        )


def test_parts_become_an_object_when_they_are_complete(s3: S3Client) -> None:
    put(s3)
    parts = Parts(s3)
    parts.copy(f"bytes=100-{5 * MIB + 200}")
    parts.send(b"end")
    assert refusal(s3.head_object, Key="made") == "404"
    parts.complete()
    assert read(s3, "made") == BODY[100 : 5 * MIB + 201] + b"end"
    assert (
        read(s3, "made", Range=f"bytes={5 * MIB + 100}-{5 * MIB + 102}")
        == ((BODY[100 : 5 * MIB + 201] + b"end")[-4:-1])
    )
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="b")


def test_only_the_last_part_may_be_small(s3: S3Client) -> None:
    parts = Parts(s3)
    parts.send(b"small")
    parts.send(b"end")
    with pytest.raises(ClientError, match="EntityTooSmall"):
        parts.complete()


def test_etags_of_parts_must_match(s3: S3Client) -> None:
    parts = Parts(s3)
    parts.send(b"one")
    parts.done[0]["ETag"] = '"another"'
    with pytest.raises(ClientError, match="InvalidPart"):
        parts.complete()


def test_aborted_upload_leaves_nothing(s3: S3Client, server: Server) -> None:
    parts = Parts(s3)
    parts.send(b"one")
    file = server.store.uploads[parts.id].parts[1].files[0]
    s3.abort_multipart_upload(Bucket="b", Key="made", UploadId=parts.id)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="b")
    assert not file.exists()
    with pytest.raises(ClientError, match="NoSuchUpload"):
        parts.complete()


def test_objects_above_5_gb_cannot_be_copied_in_one_request(s3: S3Client, server: Server) -> None:
    server.store.put_sparse("b", "k", 5 * 1024**3 + 1)
    copy = {"CopySource": {"Bucket": "b", "Key": "k"}, "Key": "c"}
    assert refusal(s3.copy_object, **copy) == "InvalidRequest"
    upload = s3.create_multipart_upload(Bucket="b", Key="c")["UploadId"]
    part = {"UploadId": upload, "PartNumber": 1, "CopySourceRange": f"bytes=0-{5 * 1024**3}"}
    assert refusal(s3.upload_part_copy, **copy, **part) == "InvalidRequest"


def test_bytes_and_requests_are_counted(s3: S3Client, server: Server) -> None:
    put(s3)
    read(s3, "k", Range="bytes=0-99")
    assert (server.wire.received.bytes, server.wire.sent.bytes) == (len(BODY), 100)
    assert server.requests == {"PutObject": 1, "GetObject": 1}


def test_bandwidth_and_latency_are_enforced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """6 MiB at 20 MB/s, with a latency for each response."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(tmp_path, Wire(20e6, 0.05)) as server:
        s3 = client_of(server)
        start = time.monotonic()
        put(s3)
        written = time.monotonic()
        read(s3, "k")
        assert written - start >= len(BODY) / 20e6 + 0.05
        assert time.monotonic() - written >= len(BODY) / 20e6 + 0.05


def test_objects_pass_through_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    context, certificate = server_context(tmp_path)
    with running(tmp_path, tls=context) as server:
        with pytest.raises(SSLError):  # the certificate is not trusted
            put(client_of(server))
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        s3 = client_of(server)
        put(s3)
        assert server.url.startswith("https://")
        assert s3.get_object(Bucket="b", Key="k")["Body"].read() == BODY
