"""Copies the bytes that the live version's archive shares with the new one within S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager import aws_limits
from model_packager.names.artifact import artifact_key
from model_packager.repository.archive import closing
from package_model.archive_note import read_note, write_note
from package_model.copy import PART_BYTES
from workflow.archive.multipart_upload import MultipartUpload
from workflow.aws.aws_errors import object_has_changed, object_is_missing
from workflow.aws.clients import s3
from workflow.versions.deployment_record import read_live

if TYPE_CHECKING:
    from package_model.archive_note import ArchiveNote
    from workflow.contracts.deploy_model import PackageModelInput


def take_over(event: PackageModelInput, bucket: str, key: str, labels: bytes | None) -> bool:
    """Create the new archive from the earlier one's leading bytes and a new end, if possible.

    Args:
        event: the step's input.
        bucket: the artifact bucket.
        key: the key of the new archive.
        labels: the content of its labels.txt.

    Returns:
        Whether it created the archive: False if no large archive of the same model exists.
    """
    deployment, live = event.deployment, read_live(bucket, event.deployment.model)
    if live is None or live.version == deployment.version:
        return False
    note = read_note(bucket, deployment.model, live.version)
    if (
        note is None
        or not note.is_of(event.source, event.weights)
        or note.lead.archive_bytes < aws_limits.PART_BYTES.least
    ):
        return False
    earlier = artifact_key(deployment.model, live.version, compressed=True, pool=live.pool)
    try:
        _join(event, bucket, key, labels, earlier, note)
    except ClientError as error:
        if object_is_missing(error) or object_has_changed(error):
            return False  # the earlier version has been removed in the meantime
        raise
    return True


def _join(
    event: PackageModelInput,
    bucket: str,
    key: str,
    labels: bytes | None,
    earlier: str,
    note: ArchiveNote,
) -> None:
    etag = s3().head_object(Bucket=bucket, Key=earlier)["ETag"]
    with MultipartUpload(bucket, key, checksum="CRC32") as upload:
        upload.copy(
            {"Bucket": bucket, "Key": earlier, "IfMatch": etag}, note.lead.archive_bytes, PART_BYTES
        )
        upload.send(closing(note.lead, event.deployment.model, event.config_pbtxt, labels))
        write_note(bucket, event.deployment, note)
