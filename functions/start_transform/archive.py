"""The version as model.tar.gz: batch transform takes no uncompressed models.

Source: S3ModelDataSource API reference; SageMaker developer guide, "Deploying uncompressed models".
The archive lies with the version's other files, and goes with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names import artifact_key
from model_packager.repository.archive import closing, write_folder_lead
from model_packager.repository.layout import config_path, labels_path
from workflow.archive.multipart_upload import MultipartUpload
from workflow.archive.part_writer import PartWriter
from workflow.aws.clients import s3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from workflow.batch.documents import BatchPlan


def archive_uri(plan: BatchPlan, bucket: str, model: str) -> str:
    """Return the S3 URI of the version's archive; write it first if there are only objects.

    Args:
        plan: of the run.
        bucket: the artifact bucket.
        model: the model's name.
    """
    if not plan.artifact_uri.endswith("/"):
        return plan.artifact_uri
    key = artifact_key(model, plan.version, compressed=True, pool=None)
    if not _exists(bucket, key):
        prefix = plan.artifact_uri.removeprefix(f"s3://{bucket}/")
        _write(bucket, key, prefix, model, plan.servable.config_pbtxt)
    return f"s3://{bucket}/{key}"


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
