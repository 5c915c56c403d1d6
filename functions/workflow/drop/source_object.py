"""The dropped object in S3: one fixed state of it, or SourceChanged."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

from model_packager.names import LABELS_FILE, SPEC_FILE, drop_folder
from model_packager.stored import Source
from workflow.aws.aws_errors import object_has_changed, object_is_missing
from workflow.aws.clients import s3
from workflow.aws.ranged_file import RangedFile
from workflow.errors import SourceChanged, SpecRejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, HeadObjectOutputTypeDef

    from workflow.contracts.deploy_model import Sidecar

BESIDE_LIMIT_BYTES = {SPEC_FILE: 64 * 1024, LABELS_FILE: 4 * 1024 * 1024}
"""A spec travels through the states, whose data is limited to 256 KiB (Step Functions quotas)."""


class Pin(TypedDict):
    """The arguments of GetObject and HeadObject that fix the state of an object.

    The entity tag, not the version id: an object that has been overwritten is not to be read on,
    since the drop that overwrote it has an execution of its own.
    """

    Bucket: str
    Key: str
    IfMatch: str


def pin(source: Source) -> Pin:
    """Give the arguments that make S3 answer for this state of the object, or not at all.

    An entity tag is quoted (RFC 9110, 8.8.3); that of an event is not.
    """
    return {"Bucket": source.bucket, "Key": source.key, "IfMatch": f'"{source.etag}"'}


@contextmanager
def source_unchanged(source: Source) -> Iterator[None]:
    """Turn S3's answer that the pinned state is gone into SourceChanged."""
    try:
        yield
    except ClientError as error:
        if object_has_changed(error) or object_is_missing(error):
            raise source_changed(source) from error
        raise


def source_changed(source: Source) -> SourceChanged:
    """Say that the object is not what was dropped any more."""
    return SourceChanged(
        f"s3://{source.bucket}/{source.key} was overwritten or deleted while it was deployed.",
        "Nothing to do if you dropped it again: the newer drop is deployed by its own execution. "
        "Otherwise upload the model once more.",
    )


def head_object(bucket: str, key: str) -> HeadObjectOutputTypeDef | None:
    """Describe an object as it is now; None where there is none."""
    try:
        return s3().head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise


def source_size(source: Source) -> int:
    """Give the object's size in bytes; raises SourceChanged."""
    with source_unchanged(source):
        return s3().head_object(**pin(source))["ContentLength"]


def read_beside(source: Source, name: str) -> bytes | None:
    """Read one of the small files that may lie beside a model; None where there is none.

    Raises:
        SpecRejected: it is larger than can be meant.
    """
    try:
        answer = s3().get_object(Bucket=source.bucket, Key=drop_folder(source.key) + name)
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise
    return _small(answer, name)


def read_sidecar(source: Source, sidecar: Sidecar) -> bytes:
    """Read such a file in the state that was seen.

    Raises:
        SourceChanged: it is not there any more in that state.
        SpecRejected: it is larger than can be meant.
    """
    beside = beside_source(source, sidecar)
    with source_unchanged(beside):
        answer = s3().get_object(**pin(beside))
    return _small(answer, sidecar.name)


def beside_source(source: Source, sidecar: Sidecar) -> Source:
    """Give a sidecar as an object of its own."""
    return Source(
        bucket=source.bucket, key=drop_folder(source.key) + sidecar.name, etag=sidecar.etag
    )


def _small(answer: GetObjectOutputTypeDef, name: str) -> bytes:
    size, limit = answer["ContentLength"], BESIDE_LIMIT_BYTES[name]
    if size > limit:
        raise SpecRejected(
            f"{name} has {size:,} bytes; at most {limit:,} are read.",
            f"Make {name} shorter, then drop the model again.",
        )
    return answer["Body"].read()


class SourceReader(RangedFile):
    """The dropped object as a seekable file, read by ranges.

    Reading raises SourceChanged where the object is not there any more in the state that was
    dropped.
    """

    def __init__(self, source: Source, size: int) -> None:
        def fetch(start: int, length: int) -> bytes:
            with source_unchanged(source):
                wanted = f"bytes={start}-{start + length - 1}"
                return s3().get_object(**pin(source), Range=wanted)["Body"].read()

        super().__init__(fetch, size)
