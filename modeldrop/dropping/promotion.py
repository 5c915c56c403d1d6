"""Downloads the files of a live version's drop in their dropped state."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.formats.registry import format_of
from model_packager.names.drop import drop_folder
from modeldrop.dropping.drop import is_sidecar, uploaded_until
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from model_packager.stored import Live


def download_drop(s3: S3Client, live: Live, folder: Path) -> Path:
    """Download the model and its sidecar files, regardless of later uploads to the folder.

    Args:
        s3: a client of the account in which the version is live.
        live: the live version.
        folder: the existing folder to write to.

    Returns:
        The path of the model's file.

    Raises:
        UsageError: S3 no longer has the model in its dropped state.
        ClientError: the caller may not read the drop bucket.
    """
    source = live.source
    prefix = drop_folder(source.key)
    model = folder / source.key.removeprefix(prefix)
    _download_model(s3, live, model)
    with model.open("rb") as opened:
        weights = format_of(model.name).weight_files(opened)
    for name, version_id in _versions(
        s3, source.bucket, prefix, uploaded_until(live.version)
    ).items():
        if is_sidecar(name) or name in weights:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(
                source.bucket, prefix + name, str(target), ExtraArgs={"VersionId": version_id}
            )
    return model


def _download_model(s3: S3Client, live: Live, model: Path) -> None:
    source = live.source
    at = {"VersionId": source.version_id} if source.version_id else {"IfMatch": source.etag}
    try:
        s3.download_file(source.bucket, source.key, str(model), ExtraArgs=at)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "412", "NoSuchKey", "NoSuchVersion"):
            raise
        raise UsageError(
            f"s3://{source.bucket}/{source.key} no longer has the file of version {live.version}.",
            "Drop the file in both accounts.",
        ) from error


def _versions(s3: S3Client, bucket: str, prefix: str, until: datetime) -> dict[str, str]:
    """Return the version ID of each object at a given time, by name, without deleted objects.

    S3 lists the versions of an object newest first, with whole seconds. A drop deletes only objects
    that it does not upload, so in the same second, a deletion is later.
    """
    newest: dict[str, tuple[datetime, str | None]] = {}
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for version in page.get("Versions", []):
            name, time = version["Key"].removeprefix(prefix), version["LastModified"]
            if time <= until and (name not in newest or newest[name][0] < time):
                newest[name] = time, version["VersionId"]
        for marker in page.get("DeleteMarkers", []):
            name, time = marker["Key"].removeprefix(prefix), marker["LastModified"]
            if time <= until and (name not in newest or newest[name][0] <= time):
                newest[name] = time, None
    return {name: version for name, (_time, version) in newest.items() if version is not None}
