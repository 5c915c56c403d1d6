from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from package_model import copy
from package_model.copy import copy_source
from package_model.stored_object import checksum_of
from tests.unit.functions.request_count import counted
from tests.unit.functions.samples import ARTIFACTS
from workflow.aws.clients import s3
from workflow.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.stored import Source

    Put = Callable[..., Source]

KEY = "zoo/version/model.tar.gz"
MIB = 1024 * 1024


def copied() -> bytes:
    return s3().get_object(Bucket=ARTIFACTS, Key=KEY)["Body"].read()


def nothing_is_left() -> bool:
    return "Contents" not in s3().list_objects_v2(Bucket=ARTIFACTS) and (
        "Uploads" not in s3().list_multipart_uploads(Bucket=ARTIFACTS)
    )


def test_small_object_is_copied_in_one_request(put: Put) -> None:
    source = put(b"archive", "zoo/model.tar.gz")
    with counted(s3()) as requests:
        copy_source(source, 7, ARTIFACTS, KEY)
    assert requests == {"CopyObject": 1}
    assert copied() == b"archive"


def test_s3_computes_the_checksum_of_the_copy(put: Put) -> None:
    copy_source(put(b"archive", "zoo/model.tar.gz"), 7, ARTIFACTS, KEY)
    checksum = checksum_of({"Bucket": ARTIFACTS, "Key": KEY})
    assert checksum is not None
    assert checksum.algorithm == "SHA256"
    assert checksum.value == hashlib.sha256(b"archive").hexdigest()


@pytest.mark.parametrize(("mib", "parts"), [(5, 1), (12, 2), (15, 3)])
def test_large_object_is_copied_in_parts(
    put: Put, monkeypatch: pytest.MonkeyPatch, mib: int, parts: int
) -> None:
    monkeypatch.setattr(copy, "COPY_LIMIT_BYTES", 1)
    monkeypatch.setattr(copy, "PART_BYTES", 5 * MIB)
    content = bytes(range(256)) * (mib * MIB // 256) + b"end"
    source = put(content, "zoo/model.tar.gz")
    with counted(s3()) as requests:
        copy_source(source, len(content), ARTIFACTS, KEY)
    assert requests["UploadPartCopy"] == parts
    assert requests["UploadPart"] == requests["GetObject"] == 0
    assert copied() == content


@pytest.mark.parametrize("limit", [10, 1])
def test_changed_object_is_not_copied(
    put: Put, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(copy, "COPY_LIMIT_BYTES", limit)
    source = put(b"first", "zoo/model.tar.gz")
    put(b"other", "zoo/model.tar.gz")
    with pytest.raises(SourceChanged):
        copy_source(source, 5, ARTIFACTS, KEY)
    assert nothing_is_left()


@pytest.mark.parametrize("limit", [10, 1])
def test_archive_that_is_gone(put: Put, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(copy, "COPY_LIMIT_BYTES", limit)
    source = put(b"first", "zoo/model.tar.gz")
    s3().delete_object(Bucket=source.bucket, Key=source.key)
    with pytest.raises(SourceChanged):
        copy_source(source, 5, ARTIFACTS, KEY)
    assert nothing_is_left()
