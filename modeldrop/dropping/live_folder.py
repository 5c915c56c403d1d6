"""The folder in the drop bucket from which a model's live version was dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names.drop import drop_folder
from model_packager.rejection import ModelRejected
from model_packager.spec.live_folder import require_live_folder
from modeldrop.stored_documents import read_live

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from modeldrop.dropping.drop import Drop


def live_key(s3: S3Client, artifact_bucket: str, model: str) -> str | None:
    """Return the key of the object from which the live version was deployed.

    None if no version is live, or if the user may not read live.json, because the workflow also
    checks the folder.

    Raises:
        UsageError: this Modeldrop cannot read live.json.
    """
    try:
        live = read_live(s3, artifact_bucket, model)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("AccessDenied", "403"):
            return None
        raise
    return live.source.key if live else None


def check_folder(s3: S3Client, artifact_bucket: str, drop: Drop, move_from: str | None) -> None:
    """Check that the drop is in the folder of the live version, as Inspect Model does.

    Args:
        s3: a client.
        artifact_bucket: the bucket with the record of the live version.
        drop: the files to upload.
        move_from: the folder from which the spec moves the model.

    Raises:
        ModelRejected: the live version is from another folder.
        UsageError: this Modeldrop cannot read live.json.
    """
    live = live_key(s3, artifact_bucket, drop.name)
    if live is None:
        return
    try:
        require_live_folder(drop.name, drop.key, live, move_from)
    except ModelRejected as rejection:
        raise ModelRejected(rejection.cause, _way_there(live, drop) + rejection.fix) from rejection


def _way_there(live: str, drop: Drop) -> str:
    folder = drop_folder(live)
    prefix = folder.removesuffix(f"{drop.name}/")
    if prefix == folder:  # a bare file, whose model is named "model"
        return ""
    option = f"add `--prefix {prefix.removesuffix('/')}`" if prefix else "leave out --prefix"
    return f"To replace that version, {option}. "
