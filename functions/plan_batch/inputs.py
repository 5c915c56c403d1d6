"""The inputs of a batch job: the objects in its folder."""

from __future__ import annotations

from model_packager.names.batch import BATCH_READY
from model_packager.sagemaker.transform import BATCH_SUFFIXES, MAX_BYTES, MAX_FILES
from workflow.aws.clients import s3
from workflow.batch.documents import InputFile
from workflow.errors import BatchFailed


def list_inputs(bucket: str, folder: str) -> tuple[InputFile, ...]:
    """Return all objects in the folder but those whose path has a part that begins with `_` or `.`.

    An object in an unknown format is an input, too: the summary lists it as failed.

    Raises:
        BatchFailed: there is no input, or there are too many inputs or bytes.
    """
    inputs = list[InputFile]()
    pages = s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder)
    for page in pages:
        for each in page.get("Contents", []):
            name = each["Key"].removeprefix(folder)
            if _is_input(name):
                etag = each["ETag"].strip('"')
                inputs.append(InputFile(name=name, size=each["Size"], etag=etag))
        if len(inputs) > MAX_FILES:
            raise BatchFailed(
                f"The batch job has more than {MAX_FILES:,} inputs.",
                "Split it into several jobs, or put rows into .npy files and lines into .jsonl "
                "files.",
            )
    if not inputs:
        raise BatchFailed(
            f"The folder {folder!r:.300} has no inputs.",
            f"Upload inputs ({', '.join(BATCH_SUFFIXES)}) first, and {BATCH_READY} last.",
        )
    size = sum(each.size for each in inputs)
    if size > MAX_BYTES:
        raise BatchFailed(
            f"The inputs have {size:,} bytes. A batch job has at most {MAX_BYTES:,}.",
            "Split it into several jobs.",
        )
    return tuple(inputs)


def _is_input(name: str) -> bool:
    return not name.endswith("/") and not any(
        part.startswith(("_", ".")) for part in name.split("/")
    )
