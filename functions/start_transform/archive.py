"""The version as model.tar.gz, because batch transform does not accept uncompressed models.

Source: ContainerDefinition API reference, ModelDataSource; SageMaker developer guide, "Deploying
uncompressed models". The archive is stored with the version's other files, and deleted with them. A
retirement or a later drop may delete the version while its batch job starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names.artifact import artifact_key, record_key
from model_packager.names.batch import BATCH_READY
from model_packager.repository.archive import closing, write_folder_lead
from model_packager.repository.layout import config_path, labels_path
from workflow.archive.multipart_upload import MultipartUpload
from workflow.archive.part_writer import PartWriter
from workflow.aws.aws_errors import object_is_missing
from workflow.aws.clients import s3
from workflow.errors import BatchFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from workflow.batch.documents import BatchPlan


def archive_uri(plan: BatchPlan, bucket: str, model: str) -> str:
    """Return the S3 URI of the version's archive; write the archive if it does not exist.

    Args:
        plan: the plan of the run.
        bucket: the artifact bucket.
        model: the model's name.

    Raises:
        BatchFailed: the version has been deleted.
    """
    source = plan.artifact_uri.removeprefix(f"s3://{bucket}/")
    if not source.endswith("/"):
        if not _exists(bucket, source):
            raise _deleted(plan, model)
        return plan.artifact_uri
    key = artifact_key(model, plan.version, compressed=True, pool=None)
    if not _exists(bucket, key):
        _write_if_kept(plan, bucket, key, source, model)
    return f"s3://{bucket}/{key}"


def _write_if_kept(plan: BatchPlan, bucket: str, key: str, prefix: str, model: str) -> None:
    """Write the archive, unless the version is deleted before the archive is complete.

    The deletion of a version deletes its record early, and lists its files until it finds none. So
    either the deletion finds the archive, or this function finds no record.
    """
    try:
        _write(bucket, key, prefix, model, plan.servable.config_pbtxt)
    except ClientError as error:
        if object_is_missing(error):
            raise _deleted(plan, model) from error
        raise
    if not _exists(bucket, record_key(model, plan.version)):
        s3().delete_object(Bucket=bucket, Key=key)
        raise _deleted(plan, model)


def _deleted(plan: BatchPlan, model: str) -> BatchFailed:
    return BatchFailed(
        f"Version {plan.version} of {model} was deleted after the job had begun: the model was "
        "retired, or later versions took its place.",
        f"Upload {BATCH_READY} again: the job then runs the version that is live. If the model was "
        "retired, upload the model first.",
    )


def _write(bucket: str, key: str, prefix: str, model: str, config: str) -> None:
    sizes = _sizes(bucket, prefix)
    sizes.pop(config_path(model), None)
    labels = None
    if sizes.pop(labels_path(model), None) is not None:
        labels = s3().get_object(Bucket=bucket, Key=prefix + labels_path(model))["Body"].read()
    with MultipartUpload(bucket, key, checksum="CRC32") as upload:
        writer = PartWriter(upload, sum(sizes.values()))
        lead = write_folder_lead(writer, model, _files(bucket, prefix, model, sizes))
        writer.write(closing(lead, model, config, labels))
        writer.finish()


def _files(
    bucket: str, prefix: str, model: str, sizes: Mapping[str, int]
) -> Iterator[tuple[str, int, BinaryIO]]:
    for path, size in sizes.items():
        body = s3().get_object(Bucket=bucket, Key=prefix + path)["Body"]
        yield path.removeprefix(f"{model}/"), size, body  # type: ignore[misc]  # it has read()


def _sizes(bucket: str, prefix: str) -> dict[str, int]:
    """Return the size of each file, by its path in the repository."""
    pages = s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {
        each["Key"].removeprefix(prefix): each["Size"]
        for page in pages
        for each in page.get("Contents", [])
    }


def _exists(bucket: str, key: str) -> bool:
    listed = s3().list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    return [each["Key"] for each in listed] == [key]
