from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from package_model import copy
from package_model.copy import copy_source
from tests.unit.functions.given import ARTIFACTS
from tests.unit.functions.request_count import counted
from workflow.clients import s3
from workflow.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.contracts import Source

    Put = Callable[..., Source]

KEY = "zoo/version/model.tar.gz"
MIB = 1024 * 1024


def copied() -> bytes:
    return s3().get_object(Bucket=ARTIFACTS, Key=KEY)["Body"].read()


def test_one_request_moves_it_all(put: Put) -> None:
    source = put(b"archive", "zoo/model.tar.gz")
    with counted(s3()) as requests:
        copy_source(source, 7, ARTIFACTS, KEY)
    assert requests == {"CopyObject": 1}
    assert copied() == b"archive"


def test_what_is_too_large_for_one_goes_by_parts(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy, "COPY_LIMIT_BYTES", 1)
    monkeypatch.setattr(copy, "PART_BYTES", 5 * MIB)
    content = bytes(range(256)) * (12 * MIB // 256)
    source = put(content, "zoo/model.tar.gz")
    with counted(s3()) as requests:
        copy_source(source, len(content), ARTIFACTS, KEY)
    assert requests["UploadPartCopy"] == 3
    assert copied() == content


@pytest.mark.parametrize(("limit", "operation"), [(10, "CopyObject"), (1, "UploadPartCopy")])
def test_copy_is_of_the_state_that_was_dropped(
    put: Put, monkeypatch: pytest.MonkeyPatch, limit: int, operation: str
) -> None:
    """S3 answers 412 for another state. moto does not, so the request is looked at."""
    monkeypatch.setattr(copy, "COPY_LIMIT_BYTES", limit)
    asked: list[str] = []

    def note(params: dict[str, str], **_: object) -> None:
        asked.append(params["CopySourceIfMatch"])

    source = put(b"first", "zoo/model.tar.gz")
    event = f"provide-client-params.s3.{operation}"
    s3().meta.events.register(event, note)
    try:
        copy_source(source, 5, ARTIFACTS, KEY)
    finally:
        s3().meta.events.unregister(event, note)
    assert asked == [f'"{source.etag}"']


def test_archive_that_is_gone(put: Put) -> None:
    source = put(b"first", "zoo/model.tar.gz")
    s3().delete_object(Bucket=source.bucket, Key=source.key)
    with pytest.raises(SourceChanged):
        copy_source(source, 5, ARTIFACTS, KEY)


def test_failure_leaves_no_part(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy, "COPY_LIMIT_BYTES", 1)
    source = put(b"first", "zoo/model.tar.gz")
    s3().delete_object(Bucket=source.bucket, Key=source.key)
    with pytest.raises(SourceChanged):
        copy_source(source, 5, ARTIFACTS, KEY)
    assert "Uploads" not in s3().list_multipart_uploads(Bucket=ARTIFACTS)
