"""Uploading a drop: sidecar files first, then the model, which starts the deployment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from model_client.sample_file import File
from model_packager import golden_sample
from model_packager.formats.registry import format_of
from model_packager.formats.torchscript.format import TORCHSCRIPT
from model_packager.model_files import MODEL_FILES
from model_packager.names.drop import LABELS_FILE, SPEC_FILE, drop_folder, folder_of
from model_packager.names.version import dropped_at
from model_packager.rejection import ModelRejected
from model_packager.sagemaker.payload_fit import largest_test_request, random_request_bytes
from modeldrop.dropping.resumable_upload import upload
from modeldrop.errors import UsageError, require_file
from modeldrop.model_names import check_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from model_packager.signature import Signature
    from model_packager.spec.deploy_spec import DeploySpec
    from modeldrop.dropping.resumable_upload import Sent

SAMPLE_FOLDER = golden_sample.FOLDER.removesuffix("/")


@dataclass(frozen=True)
class Drop:
    """A model file and its optional sidecar files.

    Attributes:
        prefix: the prefix of the model's folder in the drop bucket, such as "teams/vision".
        weights: the paths of the weight files, relative to the model's folder.
    """

    name: str
    model: Path
    spec: Path | None = None
    sample: Path | None = None
    labels: Path | None = None
    prefix: str = ""
    weights: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The object key of the model."""
        return f"{folder_of(self.prefix)}{self.name}/{object_name(self.model)}"

    @property
    def files(self) -> dict[str, Path]:
        """The sidecar files, by object name."""
        return dict(_sidecars(self))

    @property
    def size(self) -> int:
        """The number of bytes to upload."""
        return sum(each.stat().st_size for each in (self.model, *self.files.values()))


def uploaded_until(version: str) -> datetime:
    """Return the latest LastModified of the objects of a version's drop."""
    # The event's time and LastModified belong to the same request, but have different precision.
    return dropped_at(version) + timedelta(seconds=2)


def with_sibling_files(drop: Drop) -> Drop:
    """Add files next to the model that the user did not name, as the pipeline does in S3."""
    folder = drop.model.parent
    spec, labels, sample = folder / SPEC_FILE, folder / LABELS_FILE, folder / SAMPLE_FOLDER
    return Drop(
        drop.name,
        drop.model,
        drop.spec or (spec if spec.is_file() else None),
        drop.sample or (sample if sample.is_dir() else None),
        drop.labels or (labels if labels.is_file() else None),
        drop.prefix,
        weight_files(drop.model),
    )


def weight_files(model: Path) -> tuple[str, ...]:
    """Return the paths of the existing weight files next to a model that it reads."""
    if not model.is_file():
        return ()
    with model.open("rb") as opened:
        try:
            paths = format_of(object_name(model)).weight_files(opened)
        except ModelRejected:  # the inspection reports it
            return ()
    return tuple(path for path in paths if (model.parent / path).is_file())


def object_name(file: Path) -> str:
    """Return the object name for a model file, by its suffix; TorchScript's if unknown.

    The longest suffix counts: `cat.savedmodel.tar.gz` is not `.tar.gz`.
    """
    suffixes = {name.removeprefix("model"): name for name in MODEL_FILES}
    matching = [suffix for suffix in suffixes if file.name.endswith(suffix)]
    return suffixes[max(matching, key=len)] if matching else TORCHSCRIPT.object_name


def model_file(path: Path) -> Path:
    """Return the model file at a path: the file itself, or the only one in a folder.

    Raises:
        UsageError: the folder has no model file, or several.
    """
    if not path.is_dir():
        return path
    found = [path / name for name in MODEL_FILES if (path / name).is_file()]
    if not found:
        raise UsageError(
            f"The folder {path} has no model file.", f"Name it one of {', '.join(MODEL_FILES)}."
        )
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise UsageError(f"The folder {path} has several model files: {names}.", "Name one file.")
    return found[0]


def model_name_for(file: Path) -> str:
    """Return the model name for a file; for `model.pt`, its folder's name, as in the bucket."""
    if file.name in MODEL_FILES:
        return file.resolve().parent.name
    suffix = object_name(file).removeprefix("model")
    return file.name.removesuffix(suffix) if file.name.endswith(suffix) else file.stem


@dataclass(frozen=True)
class Dropped:
    """The uploaded object, which identifies the execution.

    Attributes:
        bucket: the drop bucket.
        key: the object's key.
        etag: the entity tag without quotation marks.
        version_id: None if the bucket has no versions.
        at: S3's time of the upload in whole seconds; for a multipart upload, of its start.
    """

    bucket: str
    key: str
    etag: str
    version_id: str | None
    at: datetime

    @classmethod
    def read(cls, s3: S3Client, bucket: str, key: str) -> Dropped:
        """Describe an object that was just uploaded."""
        head = s3.head_object(Bucket=bucket, Key=key)
        etag = head["ETag"].strip('"')
        return cls(bucket, key, etag, head.get("VersionId"), head["LastModified"])


def check(drop: Drop) -> None:
    """Check the files and the name of a drop.

    Raises:
        UsageError: a file is missing, or the name is invalid.
    """
    for path in (drop.model, drop.spec, drop.labels):
        if path is not None:
            require_file(path)
    if drop.sample is not None and not drop.sample.is_dir():
        raise UsageError(f"--sample takes a folder, and {drop.sample} is not one.")
    check_name(drop.name, "--name")


def check_sample(drop: Drop, signature: Signature, spec: DeploySpec) -> None:
    """Check the golden sample and its request, as the pipeline does.

    Raises:
        ModelRejected: there is an expected output without an input, an unknown name, or a file that
            is too large.
        ModelClientError: a file is unreadable, does not fit the model, or is too large to send.
    """
    files = {
        name.removeprefix(golden_sample.FOLDER): path
        for name, path in drop.files.items()
        if name.startswith(golden_sample.FOLDER)
    }
    chosen = golden_sample.choose({name: path.stat().st_size for name, path in files.items()})
    sample, expected = (
        None if name is None else File(golden_sample.FOLDER + name, files[name].read_bytes())
        for name in chosen
    )
    limit = largest_test_request(spec.hosting)
    is_random = sample is None and expected is None and spec.smoke_test.request_format == "binary"
    if is_random and random_request_bytes(signature) <= limit // 2:
        return  # random data fits the model, and the rest of a request is small
    # Imported here, because numpy and tritonclient take longer than the inspection.
    from model_client.preparation import prepare

    prepare(sample, expected, signature, spec.smoke_test, limit)


def put(
    s3: S3Client,
    bucket: str,
    drop: Drop,
    sent: Sent = lambda _bytes: None,
    completing: Callable[[], object] = lambda: None,
    metadata: Mapping[str, str] | None = None,
) -> Dropped:
    """Remove sidecar files of an earlier drop with this name, then upload the drop.

    Other objects stay, because the folder may contain the folders of other models.

    Args:
        s3: a client.
        bucket: the stack's drop bucket.
        drop: the files to upload.
        sent: called with the number of bytes that S3 received.
        completing: called before the model's object is created, which starts the deployment.
        metadata: the metadata of the model's object.
    """
    folder = drop_folder(drop.key)
    sidecars = drop.files
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder):
        for listed in page.get("Contents", []):
            name = listed["Key"].removeprefix(folder)
            if is_sidecar(name) and name not in sidecars:
                s3.delete_object(Bucket=bucket, Key=listed["Key"])
    for name, path in sidecars.items():
        upload(s3, path, bucket, folder + name, sent)
    upload(s3, drop.model, bucket, drop.key, sent, completing, metadata)
    return Dropped.read(s3, bucket, drop.key)


def is_sidecar(name: str) -> bool:
    """Return whether an object in a model's folder belongs to its drop, next to the model."""
    folder, _, file = name.rpartition("/")
    return name in (SPEC_FILE, LABELS_FILE) or (folder == SAMPLE_FOLDER and file not in MODEL_FILES)


def _sidecars(drop: Drop) -> Iterator[tuple[str, Path]]:
    if drop.spec is not None:
        yield SPEC_FILE, drop.spec
    if drop.labels is not None:
        yield LABELS_FILE, drop.labels
    for name in drop.weights:
        yield name, drop.model.parent / name
    if drop.sample is not None:
        for path in sorted(drop.sample.iterdir()):
            if path.is_file():
                yield f"{SAMPLE_FOLDER}/{path.name}", path
