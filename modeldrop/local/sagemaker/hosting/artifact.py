"""Downloads a model's files from S3 and lays them out as in the container.

SageMaker puts the unpacked archive, or the objects under a prefix, into /opt/ml/model. The failure
messages are SageMaker's: `Failed to download…` is from mlflow/mlflow#2573, and `Failed to extract…`
has the same structure (both contain "container_1").
"""

from __future__ import annotations

import shutil
import tarfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from model_packager.aws_limits import MODEL_FILE_NAME_BYTES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK_BYTES = 8 * 1024 * 1024


class ArtifactError(Exception):
    """The model's files are not available. The text is the endpoint's FailureReason."""


class ArtifactUnreadable(Exception):
    """The execution role may not read the model's files."""


@dataclass(frozen=True)
class Artifact:
    """Model data in S3.

    Attributes:
        url: the URL in the CreateModel request, for messages.
        bucket: the bucket.
        key: the object's key, or the prefix.
        layout: "archive" is a tar.gz, "object" an uncompressed file, "prefix" all uncompressed
            files under a prefix, and "archives" the tar.gz files of a multi-model endpoint under a
            prefix.
    """

    url: str
    bucket: str
    key: str
    layout: Literal["archive", "object", "prefix", "archives"]

    def archive(self, target: str) -> Artifact:
        """Return the archive of one model of a multi-model endpoint.

        "The SageMaker AI system constructs the absolute path of the model by combining the prefix
        (…) with the relative path" (developer guide, "Invoke a Multi-Model Endpoint").
        """
        relative = target.lstrip("/")
        key = f"{self.key.rstrip('/')}/{relative}".lstrip("/")
        return Artifact(f"s3://{self.bucket}/{key}", self.bucket, key, "archive")


def artifact_of(container: dict[str, Any]) -> Artifact | None:
    """Return the artifact of a ContainerDefinition; None without model data."""
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source:
        bucket, key = split_s3_url(source["S3Uri"])
        if source["CompressionType"] == "Gzip":
            return Artifact(source["S3Uri"], bucket, key, "archive")
        plain: Literal["object", "prefix"] = (
            "prefix" if source["S3DataType"] == "S3Prefix" else "object"
        )
        return Artifact(source["S3Uri"], bucket, key, plain)
    if container.get("ModelDataUrl"):
        bucket, key = split_s3_url(container["ModelDataUrl"])
        layout: Literal["archive", "archives"] = (
            "archives" if is_multi_model(container) else "archive"
        )
        return Artifact(container["ModelDataUrl"], bucket, key, layout)
    return None


def is_multi_model(container: dict[str, Any]) -> bool:
    """Return whether a ContainerDefinition serves several models."""
    return container.get("Mode") == "MultiModel"


def split_s3_url(url: str) -> tuple[str, str]:
    """Split `s3://bucket/key`, `https://bucket.s3.region…/key` or `https://s3.region…/bucket/key`.

    A key may contain `?` and `#`, which separate the parts of other URLs.

    Returns:
        The bucket and the key.
    """
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    path = path.lstrip("/")
    if scheme == "s3":
        return host, path
    bucket, dot, service = host.partition(".")
    if dot and service.startswith("s3"):
        return bucket, path
    bucket, _, key = path.partition("/")
    return bucket, key


def exists(s3: S3Client, artifact: Artifact) -> bool:
    """Return whether the artifact exists.

    Raises:
        ArtifactUnreadable: the client's role may not list or read the artifact.
    """
    try:
        key = artifact.key
        # AWS's examples deploy an endpoint before they upload its first model.
        if artifact.layout == "archives":
            s3.list_objects_v2(Bucket=artifact.bucket, Prefix=artifact.key, MaxKeys=1)
            return True
        if artifact.layout == "prefix":
            page = s3.list_objects_v2(Bucket=artifact.bucket, Prefix=artifact.key, MaxKeys=1)
            if not page["KeyCount"]:
                return False
            key = page["Contents"][0]["Key"]
        s3.head_object(Bucket=artifact.bucket, Key=key)
    except ParamValidationError:  # an empty key, or a name that no bucket can have
        return False
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.FORBIDDEN:
            raise ArtifactUnreadable(artifact.url) from error
        return False
    return True


def fetch(s3: S3Client, artifact: Artifact, folder: Path, timeout_seconds: float) -> None:
    """Download the model's files to an empty folder.

    Raises:
        ArtifactError: the text is SageMaker's FailureReason.
    """
    deadline = time.monotonic() + timeout_seconds
    try:
        if artifact.layout == "archive":
            archive = folder.with_name(f"{folder.name}.tar.gz")
            try:
                _download(s3, artifact.bucket, artifact.key, archive, deadline)
                _unpack(archive, folder, artifact.url)
            finally:
                archive.unlink(missing_ok=True)
        else:
            for key, relative in _plain_files(s3, artifact):
                target = folder / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                _download(s3, artifact.bucket, key, target, deadline)
    except (BotoCoreError, ClientError, OSError) as error:
        raise ArtifactError(_download_failure(artifact)) from error


def _download(s3: S3Client, bucket: str, key: str, target: Path, deadline: float) -> None:
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    with target.open("wb") as file:
        for chunk in body.iter_chunks(_CHUNK_BYTES):
            file.write(chunk)
            if time.monotonic() > deadline:
                raise TimeoutError


def _download_failure(artifact: Artifact) -> str:
    return (
        f'Failed to download model data for container "container_1" from URL: "{artifact.url}". '
        "Please ensure that there is an object located at the URL and that the role passed to "
        "CreateModel has permissions to download the object."
    )


def _plain_files(s3: S3Client, artifact: Artifact) -> Iterator[tuple[str, str]]:
    if artifact.layout == "object":
        yield artifact.key, artifact.key.rsplit("/", 1)[-1]
        return
    has_files = False
    for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket=artifact.bucket, Prefix=artifact.key
    ):
        for entry in page.get("Contents", []):
            has_files = True
            relative = entry["Key"].removeprefix(artifact.key)
            _require_valid_names(relative, artifact)
            yield entry["Key"], relative
    if not has_files:
        raise ArtifactError(_download_failure(artifact))


def _require_valid_names(relative: str, artifact: Artifact) -> None:
    """Require a name that SageMaker allows for uncompressed models.

    Source: S3ModelDataSource.CompressionType (API reference).
    """
    for name in relative.split("/"):
        if (
            name in {"", ".", ".."}
            or "\0" in name
            or len(name.encode()) > MODEL_FILE_NAME_BYTES.value
        ):
            raise ArtifactError(
                f'{_download_failure(artifact)} The object "{artifact.key}{relative}" has the '
                f"name part {name!r}, which SageMaker rejects as a file or directory name."
            )


def _unpack(archive: Path, folder: Path, url: str) -> None:
    """Unpack regular files and folders, and reject other entries.

    `filter="data"` would do the same, but Debian 12's Python 3.11.2 lacks it.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                if not (member.isfile() or member.isdir()):
                    raise tarfile.TarError(f"{member.name} is neither a file nor a folder")
                path = PurePosixPath(member.name)
                if "\0" in member.name:
                    raise tarfile.TarError(f"{member.name!r} is no file name")
                if path.is_absolute() or ".." in path.parts:
                    raise tarfile.TarError(f"{member.name} points outside the archive")
                target = folder / path
                if member.isdir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                content = tar.extractfile(member)
                assert content is not None  # noqa: S101 - it is a file
                with content, target.open("wb") as file:
                    shutil.copyfileobj(content, file, _CHUNK_BYTES)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise ArtifactError(
            f'Failed to extract model data archive for container "container_1" from URL "{url}". '
            "Please ensure that the object located at the URL is a valid tar.gz archive."
        ) from error
