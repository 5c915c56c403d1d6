"""The dropped object in S3, pinned to one state; SourceChanged if that state is gone."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

from model_packager.names.drop import drop_folder
from model_packager.spec.sidecar_file import check_size
from model_packager.stored import Source
from workflow.aws.aws_errors import object_has_changed, object_is_missing
from workflow.aws.clients import s3
from workflow.aws.ranged_file import RangedFile
from workflow.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, HeadObjectOutputTypeDef

    from workflow.contracts.deploy_model import Sidecar


class Pin(TypedDict):
    """The arguments of GetObject and HeadObject that pin the state of an object.

    It uses the entity tag, not the version ID: the read must fail once the object is overwritten,
    because the new drop has its own execution.
    """

    Bucket: str
    Key: str
    IfMatch: str


def pin(source: Source) -> Pin:
    """Return the arguments that make S3 return this state of the object, or an error.

    If-Match needs a quoted entity tag (RFC 9110, 8.8.3); an S3 event has it without quotes.
    """
    return {"Bucket": source.bucket, "Key": source.key, "IfMatch": f'"{source.etag}"'}


def presigned_url(source: Source, seconds: int) -> str:
    """Return a URL that downloads this state of the object, without other permissions.

    It expires after `seconds`, and requires the header If-Match with the entity tag.
    """
    return s3().generate_presigned_url("get_object", Params={**pin(source)}, ExpiresIn=seconds)


@contextmanager
def source_unchanged(source: Source) -> Iterator[None]:
    """Turn S3's error for a missing or changed object into SourceChanged."""
    try:
        yield
    except ClientError as error:
        if object_has_changed(error) or object_is_missing(error):
            raise source_changed(source) from error
        raise


def source_changed(source: Source) -> SourceChanged:
    """Return the error for an object that is no longer in its dropped state."""
    return SourceChanged(
        f"s3://{source.bucket}/{source.key} was overwritten or deleted during its deployment.",
        "If you uploaded it again, no action is needed: the new drop has its own execution. "
        "Otherwise, upload the model again.",
    )


def head_source(source: Source) -> HeadObjectOutputTypeDef:
    """Describe the object; raises SourceChanged."""
    with source_unchanged(source):
        return s3().head_object(**pin(source))


def source_size(source: Source) -> int:
    """Return the object's size in bytes; raises SourceChanged."""
    return head_source(source)["ContentLength"]


def read_sibling(source: Source, name: str) -> bytes | None:
    """Read a small sibling object of the model; None if it does not exist.

    Raises:
        SpecRejected: it exceeds the size limit.
    """
    try:
        response = s3().get_object(Bucket=source.bucket, Key=drop_folder(source.key) + name)
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise
    return _small(response, name)


def read_sidecar(source: Source, sidecar: Sidecar) -> bytes:
    """Read a sidecar in the state that Inspect Model saw.

    Raises:
        SourceChanged: it is no longer in that state.
        SpecRejected: it exceeds the size limit.
    """
    sibling = sidecar_source(source, sidecar)
    with source_unchanged(sibling):
        response = s3().get_object(**pin(sibling))
    return _small(response, sidecar.name)


def sidecar_source(source: Source, sidecar: Sidecar) -> Source:
    """Return the S3 object of a sidecar."""
    return Source(
        bucket=source.bucket, key=drop_folder(source.key) + sidecar.name, etag=sidecar.etag
    )


def _small(response: GetObjectOutputTypeDef, name: str) -> bytes:
    check_size(name, response["ContentLength"])
    return response["Body"].read()


class SourceReader(RangedFile):
    """The dropped object as a seekable file, read by ranges.

    A read raises SourceChanged if the object is no longer in its dropped state.
    """

    def __init__(self, source: Source, size: int) -> None:
        def fetch(start: int, length: int) -> bytes:
            with source_unchanged(source):
                byte_range = f"bytes={start}-{start + length - 1}"
                return s3().get_object(**pin(source), Range=byte_range)["Body"].read()

        super().__init__(fetch, size)
