from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto.s3 import models

from model_packager.aws_limits import PARTS as PARTS_OF_S3
from modeldrop.dropping import resumable_upload
from modeldrop.dropping.resumable_upload import PART_BYTES, etag_of, parts_of, upload
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from boto3 import Session
    from mypy_boto3_s3 import S3Client

BUCKET, KEY = "drops", "resnet/model.pt"
PARTS, PART = 6, 5 * 1024


@pytest.fixture
def s3(session: Session) -> S3Client:
    """A client for one test, because tests register event handlers."""
    client = session.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def big(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of six parts, of which the last is shorter.

    moto's S3 gets a lower limit for small parts.
    """
    monkeypatch.setattr(models, "S3_UPLOAD_PART_MIN_SIZE", PART)
    monkeypatch.setattr(resumable_upload, "PART_BYTES", PART)
    monkeypatch.setattr(resumable_upload, "MULTIPART_FROM_BYTES", 2 * PART)
    monkeypatch.setattr(resumable_upload, "THREADS", 1)
    file = tmp_path / "big.pt"
    file.write_bytes(os.urandom((PARTS - 1) * PART + 7))
    return file


@pytest.mark.parametrize("size", [0, 7, 2 * PART, PART * 3 + 1])
def test_entity_tag_is_known_before_the_upload(s3: S3Client, big: Path, size: int) -> None:
    big.write_bytes(os.urandom(size))
    upload(s3, big, BUCKET, KEY)
    assert s3.head_object(Bucket=BUCKET, Key=KEY)["ETag"].strip('"') == etag_of(big)


class Wire:
    """Records the requests to S3, and emulates a network that fails from a part on."""

    def __init__(self, s3: S3Client) -> None:
        self.parts: list[int] = []
        self.breaks_at: int | None = None
        s3.meta.events.register("provide-client-params.s3.UploadPart", self._part)

    def _part(self, params: dict[str, Any], **_: object) -> None:
        if self.breaks_at is not None and params["PartNumber"] >= self.breaks_at:
            raise ClientError({"Error": {"Code": "RequestTimeout"}}, "UploadPart")
        self.parts.append(params["PartNumber"])


@pytest.fixture
def wire(s3: S3Client) -> Wire:
    return Wire(s3)


def break_off(s3: S3Client, file: Path, wire: Wire, *, at: int) -> None:
    wire.breaks_at = at
    with pytest.raises(ClientError, match="RequestTimeout"):
        upload(s3, file, BUCKET, KEY)
    wire.breaks_at = None
    wire.parts.clear()


def unfinished(s3: S3Client) -> list[str]:
    listed = s3.list_multipart_uploads(Bucket=BUCKET)
    return [each["UploadId"] for each in listed.get("Uploads", [])]


def stored(s3: S3Client) -> bytes:
    return s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()


def test_parts_cover_the_file() -> None:
    parts = parts_of(2 * PART_BYTES + 1)
    assert [(part.number, part.start, part.size) for part in parts] == [
        (1, 0, PART_BYTES),
        (2, PART_BYTES, PART_BYTES),
        (3, 2 * PART_BYTES, 1),
    ]


@pytest.mark.parametrize(
    "size", [PARTS_OF_S3.value * PART_BYTES, PARTS_OF_S3.value * PART_BYTES + 1, 5 * 10**12]
)
def test_number_of_parts_stays_within_the_limit_of_s3(size: int) -> None:
    parts = parts_of(size)
    assert len(parts) <= PARTS_OF_S3.value
    assert sum(part.size for part in parts) == size


def test_small_file_goes_as_a_whole(s3: S3Client, wire: Wire, tmp_path: Path) -> None:
    file, sent = tmp_path / "small.pt", list[int]()
    file.write_bytes(b"small")
    upload(s3, file, BUCKET, KEY, sent.append)
    assert (stored(s3), wire.parts, sum(sent)) == (b"small", [], 5)


def test_big_file_arrives(s3: S3Client, big: Path, wire: Wire) -> None:
    sent = list[int]()
    upload(s3, big, BUCKET, KEY, sent.append)
    assert stored(s3) == big.read_bytes()
    assert sorted(wire.parts) == [1, 2, 3, 4, 5, 6]
    assert sum(sent) == big.stat().st_size
    assert unfinished(s3) == []


def test_parts_are_sent_in_parallel(
    s3: S3Client, big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resumable_upload, "THREADS", 3)
    together = threading.Barrier(3, timeout=10)  # passes only if three threads wait at once

    def meet(**_: object) -> None:
        together.wait()

    s3.meta.events.register("provide-client-params.s3.UploadPart", meet)
    upload(s3, big, BUCKET, KEY)
    assert stored(s3) == big.read_bytes()


def test_only_missing_parts_are_sent_after_a_break(s3: S3Client, big: Path, wire: Wire) -> None:
    break_off(s3, big, wire, at=4)
    sent = list[int]()
    upload(s3, big, BUCKET, KEY, sent.append)
    assert wire.parts == [4, 5, 6]
    assert sent[0] == 3 * PART
    assert sum(sent) == big.stat().st_size
    assert stored(s3) == big.read_bytes()
    assert unfinished(s3) == []


def test_upload_without_a_part_is_used(s3: S3Client, big: Path, wire: Wire) -> None:
    break_off(s3, big, wire, at=1)
    [begun] = unfinished(s3)
    break_off(s3, big, wire, at=2)
    assert unfinished(s3) == [begun]


@pytest.mark.parametrize("change", ["first byte", "shorter"])
def test_changed_file_is_sent_whole_and_the_stale_upload_aborted(
    s3: S3Client, big: Path, wire: Wire, change: str
) -> None:
    break_off(s3, big, wire, at=4)
    content = bytearray(big.read_bytes())
    big.write_bytes(content[: 2 * PART + 9] if change == "shorter" else b"other" + content[5:])
    # The first parts are the same as in the previous file, so they may stay.
    if change == "shorter":
        upload(s3, big, BUCKET, KEY)
        assert wire.parts == [1, 2, 3]
    else:
        upload(s3, big, BUCKET, KEY)
        assert wire.parts == [1, 2, 3, 4, 5, 6]
    assert stored(s3) == big.read_bytes()
    assert unfinished(s3) == []


def test_upload_of_a_sibling_key_is_left_alone(s3: S3Client, big: Path, wire: Wire) -> None:
    other = s3.create_multipart_upload(Bucket=BUCKET, Key=f"{KEY}.old", ChecksumAlgorithm="SHA256")[
        "UploadId"
    ]
    upload(s3, big, BUCKET, KEY)
    assert unfinished(s3) == [other]


def test_upload_of_another_program_is_left_alone(s3: S3Client, big: Path, wire: Wire) -> None:
    other = s3.create_multipart_upload(Bucket=BUCKET, Key=KEY, ChecksumAlgorithm="CRC32")
    upload(s3, big, BUCKET, KEY)
    assert wire.parts == [1, 2, 3, 4, 5, 6]
    assert unfinished(s3) == [other["UploadId"]]


def test_file_that_changes_meanwhile_makes_no_object(s3: S3Client, big: Path, wire: Wire) -> None:
    def touch(**_: object) -> None:
        os.utime(big, ns=(1, 1))

    s3.meta.events.register("provide-client-params.s3.UploadPart", touch)
    with pytest.raises(UsageError, match="changed during the upload"):
        upload(s3, big, BUCKET, KEY)
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_user_without_permission_to_list_uploads_starts_a_new_upload(
    s3: S3Client, big: Path, wire: Wire
) -> None:
    break_off(s3, big, wire, at=4)

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListMultipartUploads")

    s3.meta.events.register("provide-client-params.s3.ListMultipartUploads", refuse)
    upload(s3, big, BUCKET, KEY)
    assert wire.parts == [1, 2, 3, 4, 5, 6]
    assert stored(s3) == big.read_bytes()
