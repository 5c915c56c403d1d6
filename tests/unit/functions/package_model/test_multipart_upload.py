from __future__ import annotations

import random
from typing import TYPE_CHECKING

import botocore.exceptions as boto
import pytest
from hypothesis import given
from hypothesis import strategies as st

from package_model.multipart_upload import (
    MAX_PARTS,
    MIN_PART_BYTES,
    MultipartUpload,
    object_exists,
    part_bytes,
)
from tests.unit.functions.given import ARTIFACTS
from tests.unit.functions.request_count import counted
from workflow.clients import s3

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY = "resnet/version/model.tar.gz"
TB = 10**12
CONTENT = random.Random(5).randbytes(2 * MIN_PART_BYTES + 5)


def upload(chunks: Iterable[bytes], size: int) -> None:
    with MultipartUpload(ARTIFACTS, KEY, size) as file:
        for chunk in chunks:
            assert file.write(chunk) == len(chunk)


def stored() -> bytes:
    return s3().get_object(Bucket=ARTIFACTS, Key=KEY)["Body"].read()


def nothing_is_left() -> bool:
    uploads = s3().list_multipart_uploads(Bucket=ARTIFACTS).get("Uploads", [])
    return not uploads and not object_exists(ARTIFACTS, KEY)


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        (0, 1),
        (1, 1),
        (MIN_PART_BYTES - 1, 1),
        (MIN_PART_BYTES, 1),
        (MIN_PART_BYTES + 1, 2),
        (2 * MIN_PART_BYTES, 2),
        (len(CONTENT), 3),
    ],
)
def test_object_holds_the_bytes(buckets: None, size: int, parts: int) -> None:
    with counted(s3()) as requests:
        upload([CONTENT[:size]], size)
    assert stored() == CONTENT[:size]
    assert requests["UploadPart"] == parts


def test_chunks_need_not_fit_the_parts(buckets: None) -> None:
    step = 1_000_003
    upload((CONTENT[at : at + step] for at in range(0, len(CONTENT), step)), len(CONTENT))
    assert stored() == CONTENT


def test_no_object_before_the_end(buckets: None) -> None:
    with MultipartUpload(ARTIFACTS, KEY, len(CONTENT)) as file:
        file.write(CONTENT)
        assert not object_exists(ARTIFACTS, KEY)
    assert object_exists(ARTIFACTS, KEY)


def test_exception_leaves_no_object_and_no_upload(buckets: None) -> None:
    def broken() -> Iterable[bytes]:
        yield CONTENT
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        upload(broken(), len(CONTENT))
    assert nothing_is_left()


@pytest.mark.parametrize("operation", ["UploadPart", "CompleteMultipartUpload"])
def test_connection_lost_at_the_end_leaves_no_upload(buckets: None, operation: str) -> None:
    def cut(**_: object) -> None:
        raise boto.ConnectionClosedError(endpoint_url="https://s3.amazonaws.com")

    s3().meta.events.register(f"before-call.s3.{operation}", cut)
    try:
        with pytest.raises(boto.ConnectionClosedError):
            upload([b"short"], 5)
    finally:
        s3().meta.events.unregister(f"before-call.s3.{operation}", cut)
    assert nothing_is_left()


@pytest.mark.parametrize(
    ("size", "part"),
    [
        (0, MIN_PART_BYTES),
        (MIN_PART_BYTES * MAX_PARTS, MIN_PART_BYTES),
        (MIN_PART_BYTES * MAX_PARTS + 1, 2 * MIN_PART_BYTES),
        (5 * TB, 64 * MIN_PART_BYTES),
    ],
)
def test_part_size(size: int, part: int) -> None:
    assert part_bytes(size) == part


@given(st.integers(0, 5 * TB))
def test_archive_fits_s3(size: int) -> None:
    archive = size + size // 65_535 * 5 + 100_000  # stored blocks, headers, config and labels
    part = part_bytes(size)
    assert 5 * 2**20 <= part <= 5 * 2**30
    assert -(-archive // part) <= 10_000
    assert part == MIN_PART_BYTES or size > part // 2 * MAX_PARTS
