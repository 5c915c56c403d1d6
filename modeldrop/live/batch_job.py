"""Uploads the inputs of a batch job, starts it, and downloads its results."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.names.batch import BATCH_FOLDER, BATCH_READY, BATCH_RESULTS, BATCH_SUMMARY
from model_packager.names.drop import drop_folder
from model_packager.sagemaker.transform import BATCH_SUFFIXES, FILE_BYTES, MAX_BYTES, MAX_FILES
from modeldrop.dropping.drop import Dropped
from modeldrop.dropping.resumable_upload import etag_of, upload
from modeldrop.errors import UsageError, require_suffix
from modeldrop.executions.following import find_execution, first_executions
from modeldrop.model_names import check_name, unknown_model
from modeldrop.stored_documents import read_live

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from boto3 import Session
    from mypy_boto3_s3 import S3Client

    from modeldrop.dropping.resumable_upload import Sent

MACHINE = "BatchTransformStateMachineArn"

_THREADS = 8
_SHOWN_NAMES = 3


@dataclass(frozen=True)
class Inputs:
    """The inputs in a local folder: `files` by their name in the job."""

    folder: Path
    files: dict[str, Path]

    @property
    def size(self) -> int:
        """The size of all files in bytes."""
        return sum(each.stat().st_size for each in self.files.values())


def read_inputs(folder: Path) -> Inputs:
    """List the inputs below a folder, except files and folders whose names begin with `_` or `.`.

    Raises:
        UsageError: there is no input, or one in an unsupported format.
    """
    if not folder.is_dir():
        raise UsageError(f"No such folder: {folder}")
    names = {each.relative_to(folder).as_posix(): each for each in sorted(folder.rglob("*"))}
    files = {
        name: path
        for name, path in names.items()
        if path.is_file() and not any(part.startswith(("_", ".")) for part in name.split("/"))
    }
    inputs = Inputs(folder, files)
    _check(inputs)
    return inputs


def _check(inputs: Inputs) -> None:
    if not inputs.files:
        supported = ", ".join(BATCH_SUFFIXES)
        raise UsageError(f"The folder {inputs.folder} has no inputs.", f"Supported: {supported}.")
    for name, path in inputs.files.items():
        require_suffix(name, BATCH_SUFFIXES)
        if path.stat().st_size > FILE_BYTES:
            raise UsageError(
                f"{name} has {path.stat().st_size:,} bytes, but at most {FILE_BYTES:,} are read.",
                "Split it.",
            )
    if len(inputs.files) > MAX_FILES or inputs.size > MAX_BYTES:
        raise UsageError(
            f"The folder has {len(inputs.files):,} inputs with {inputs.size:,} bytes. A batch job "
            f"has at most {MAX_FILES:,} inputs with {MAX_BYTES:,} bytes.",
            "Split it into several jobs.",
        )


@dataclass(frozen=True)
class JobFolder:
    """The folder of a batch job in the drop bucket; `prefix` ends with a slash."""

    bucket: str
    prefix: str


def job_folder(s3: S3Client, outputs: Mapping[str, str], model: str, job: str) -> JobFolder:
    """Return the folder of a batch job, next to the dropped object of the live version.

    Raises:
        UsageError: no version of the model is live, or the job's name is invalid.
    """
    check_name(model)
    check_name(job, "--job")
    live = read_live(s3, outputs["ArtifactBucketName"], model)
    if live is None:
        cause = f"No version of {model} is live."
        raise unknown_model(s3, outputs["ArtifactBucketName"], model, cause)
    folder = drop_folder(live.source.key) or f"{model}/"
    return JobFolder(outputs["DropBucketName"], f"{folder}{BATCH_FOLDER}/{job}/")


def upload_inputs(s3: S3Client, inputs: Inputs, target: JobFolder, sent: Sent) -> None:
    """Upload the inputs that are missing in S3.

    Raises:
        UsageError: the job has other inputs in S3.
    """
    there = _listed(s3, target)
    others = sorted(there.keys() - inputs.files.keys())
    if others:
        shown = ", ".join(others[:_SHOWN_NAMES])
        raise UsageError(
            f"The batch job has other inputs in s3://{target.bucket}/{target.prefix}: {shown}.",
            "Choose another name with --job, or delete them.",
        )

    def send(name: str) -> None:
        path = inputs.files[name]
        if there.get(name) == etag_of(path):
            sent(path.stat().st_size)
        else:
            upload(s3, path, target.bucket, target.prefix + name, sent)

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(send, inputs.files))


def _listed(s3: S3Client, target: JobFolder) -> dict[str, str]:
    """Return the ETags of the job's inputs in S3, by name."""
    found = dict[str, str]()
    pages = s3.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=target.bucket, Prefix=target.prefix):
        for each in page.get("Contents", []):
            name = each["Key"].removeprefix(target.prefix)
            if not any(part.startswith(("_", ".")) for part in name.split("/")):
                found[name] = each["ETag"].strip('"')
    return found


def start(session: Session, machine: str, target: JobFolder) -> str:
    """Upload `_READY`, and return the ARN of the execution that it starts.

    Raises:
        NotStarted: no execution started in time.
    """
    stepfunctions, s3 = session.client("stepfunctions"), session.client("s3")
    earlier = first_executions(stepfunctions, machine)
    key = target.prefix + BATCH_READY
    s3.put_object(Bucket=target.bucket, Key=key, Body=b"")
    ready = Dropped.read(s3, target.bucket, key)
    return find_execution(stepfunctions, machine, ready, earlier=earlier)


def download_results(s3: S3Client, target: JobFolder, output: Path) -> None:
    """Download the summary and the results that it lists into a local folder."""
    prefix = target.prefix + BATCH_RESULTS
    body = s3.get_object(Bucket=target.bucket, Key=prefix + BATCH_SUMMARY)["Body"].read()
    keys = [prefix + BATCH_SUMMARY, *json.loads(body)["results"].values()]
    paths = {key: _path(output, key.removeprefix(prefix)) for key in keys}

    def get(key: str) -> None:
        paths[key].parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(target.bucket, key, str(paths[key]))

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(get, keys))


def _path(output: Path, name: str) -> Path:
    """Return the path for a result, which is never outside of the folder."""
    path = (output / name).resolve()
    if not path.is_relative_to(output.resolve()):
        raise UsageError(f"The result {name!r:.200} would be outside of {output}.")
    return path
