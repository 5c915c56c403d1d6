from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING, Any

import botocore.exceptions as boto
import pytest

from package_model.stored_object import object_exists
from tests.unit.functions.request_count import counted
from tests.unit.functions.samples import ARTIFACTS
from workflow.archive.multipart_upload import PENDING_PARTS, WRITERS, MultipartUpload
from workflow.archive.part_size import MIN_BYTES
from workflow.archive.part_writer import PartWriter
from workflow.aws.clients import s3

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "resnet/version/model.tar.gz"
PART_BYTES = MIN_BYTES
CONTENT = random.Random(5).randbytes(2 * PART_BYTES + 5)


def upload(chunks: Iterator[bytes] | list[bytes], size: int) -> None:
    with MultipartUpload(ARTIFACTS, KEY, checksum="CRC32") as made:
        file = PartWriter(made, size)
        for chunk in chunks:
            assert file.write(chunk) == len(chunk)
        file.finish()


def stored() -> bytes:
    return s3().get_object(Bucket=ARTIFACTS, Key=KEY)["Body"].read()


def nothing_is_left() -> bool:
    uploads = s3().list_multipart_uploads(Bucket=ARTIFACTS).get("Uploads", [])
    return not uploads and not object_exists(ARTIFACTS, KEY)


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        (1, 1),
        (PART_BYTES - 1, 1),
        (PART_BYTES, 1),
        (PART_BYTES + 1, 2),
        (2 * PART_BYTES, 2),
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
    upload([CONTENT[at : at + step] for at in range(0, len(CONTENT), step)], len(CONTENT))
    assert stored() == CONTENT


def test_parts_keep_their_order(buckets: None) -> None:
    """Some parts arrive late."""
    size = 5 * 1024**2
    with MultipartUpload(ARTIFACTS, KEY, checksum="CRC32") as made:
        for number in range(12):
            made.send(bytes([number]) * (size + (12 - number) * 1000))
    found = stored()
    assert [found[at] for at in range(size // 2, len(found), size)] == list(range(12))


def test_few_parts_are_held_at_a_time(buckets: None) -> None:
    """S3 may be slow. A caller that writes more parts has to wait."""
    gate, begun = threading.Event(), threading.Semaphore(0)
    produced: list[int] = []

    def wait(**_: Any) -> None:
        begun.release()
        gate.wait()

    def give() -> None:
        with MultipartUpload(ARTIFACTS, KEY, checksum="CRC32") as made:
            for number in range(PENDING_PARTS + 3):
                made.send(CONTENT[:PART_BYTES])
                produced.append(number)

    s3().meta.events.register("before-call.s3.UploadPart", wait)
    thread = threading.Thread(target=give)
    thread.start()
    try:
        for _ in range(WRITERS):
            assert begun.acquire(timeout=10)
        assert not begun.acquire(timeout=0.2)
        assert len(produced) == PENDING_PARTS
    finally:
        gate.set()
        thread.join()
        s3().meta.events.unregister("before-call.s3.UploadPart", wait)
    assert len(produced) == PENDING_PARTS + 3


def test_no_object_before_the_end(buckets: None) -> None:
    with MultipartUpload(ARTIFACTS, KEY, checksum="CRC32") as made:
        made.send(CONTENT)
        assert not object_exists(ARTIFACTS, KEY)
    assert object_exists(ARTIFACTS, KEY)


def test_exception_leaves_no_object_and_no_upload(buckets: None) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        upload(broken(), len(CONTENT))
    assert nothing_is_left()


@pytest.mark.parametrize("operation", ["UploadPart", "CompleteMultipartUpload"])
def test_connection_lost_leaves_no_upload(buckets: None, operation: str) -> None:
    def cut(**_: object) -> None:
        raise boto.ConnectionClosedError(endpoint_url="https://s3.amazonaws.com")

    s3().meta.events.register(f"before-call.s3.{operation}", cut)
    try:
        with pytest.raises(boto.ConnectionClosedError):
            upload([CONTENT], len(CONTENT))
    finally:
        s3().meta.events.unregister(f"before-call.s3.{operation}", cut)
    assert nothing_is_left()


def test_a_part_that_arrives_changed_is_refused(buckets: None) -> None:
    def change(params: dict[str, Any], **_: object) -> None:
        params["body"] = b"other"

    s3().meta.events.register("before-call.s3.UploadPart", change)
    try:
        with pytest.raises(boto.ClientError, match="BadDigest"):
            upload([b"bytes"], 5)
    finally:
        s3().meta.events.unregister("before-call.s3.UploadPart", change)
    assert nothing_is_left()
