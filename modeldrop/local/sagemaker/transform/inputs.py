"""The input objects of a transform job, and the keys of their outputs.

TransformS3DataSource (API reference) describes prefixes and manifests. TransformOutput's example
of an output's key drops a folder of the input's key, so the rule here is the one that AWS's
notebooks rely on: the key relative to S3Uri's folder (aws/amazon-sagemaker-examples#347, #1049).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modeldrop.local.sagemaker.hosting.artifact import split_s3_url

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MANIFEST_BYTES = 64 * 1024 * 1024


class InvalidManifest(Exception):
    """The manifest cannot be used. The text says why."""


@dataclass(frozen=True)
class InputObject:
    """An object to transform.

    Attributes:
        name: of its output, relative to S3OutputPath, without `.out`.
    """

    bucket: str
    key: str
    name: str


def input_objects(s3: S3Client, source: Mapping[str, str]) -> Iterator[InputObject]:
    """The objects of a TransformS3DataSource, as they are listed.

    Raises:
        InvalidManifest: the manifest is not as documented.
    """
    bucket, key = split_s3_url(source["S3Uri"])
    if source["S3DataType"] == "ManifestFile":
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        yield from manifest_objects(body.read(_MANIFEST_BYTES + 1))
        return
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
        for entry in page.get("Contents", []):
            if not _is_folder(entry["Key"], entry["Size"]):
                yield InputObject(bucket, entry["Key"], relative_name(entry["Key"], key))


def manifest_objects(content: bytes) -> list[InputObject]:
    """The objects of a manifest: a JSON list of a prefix and keys below it.

    Raises:
        InvalidManifest: it is not as documented.
    """
    if len(content) > _MANIFEST_BYTES:
        raise InvalidManifest(f"The manifest has more than {_MANIFEST_BYTES} bytes.")
    try:
        entries: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidManifest(f"The manifest is not JSON: {error}") from error
    match entries:
        case [{"prefix": str(prefix)}, *names] if all(isinstance(name, str) for name in names):
            bucket, folder = split_s3_url(prefix)
            return [InputObject(bucket, f"{folder}{name}", name) for name in names]
    raise InvalidManifest(
        'The manifest is not a list that begins with {"prefix": "s3://…"} and continues with keys.'
    )


def relative_name(key: str, prefix: str) -> str:
    """The part of a key below a prefix; a prefix that is not a folder ends at its last slash."""
    folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
    return key.removeprefix(folder) if key.startswith(folder) else key[prefix.rfind("/") + 1 :]


def output_key(prefix: str, name: str) -> str:
    """The key of the output of an object.

    Args:
        prefix: of S3OutputPath.
        name: the object's.
    """
    return f"{prefix.rstrip('/')}/{name}.out".lstrip("/")


def _is_folder(key: str, size: int) -> bool:
    """Whether an object is the empty one that the S3 console creates for a folder."""
    return key.endswith("/") and size == 0
