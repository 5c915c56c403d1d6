"""The input objects of a transform job, and the keys of their outputs.

TransformS3DataSource (API reference) describes prefixes and manifests. The example in
TransformOutput omits a folder of the input's key. So this module follows AWS's notebooks: an output
has the input's key relative to the folder of S3Uri (aws/amazon-sagemaker-examples#347, #1049).
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
    """The manifest is invalid. The text has the reason."""


@dataclass(frozen=True)
class InputObject:
    """An object to transform.

    Attributes:
        name: the name of the output, relative to S3OutputPath, without `.out`.
    """

    bucket: str
    key: str
    name: str


def input_objects(s3: S3Client, source: Mapping[str, str]) -> Iterator[InputObject]:
    """Yield the objects of a TransformS3DataSource while S3 lists them.

    Raises:
        InvalidManifest: the manifest does not have the documented format.
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
    """Return the objects of a manifest: a JSON list of a prefix and the keys under it.

    Raises:
        InvalidManifest: the manifest does not have the documented format.
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
    """Return the part of a key after a prefix. A prefix counts up to its last slash."""
    folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
    return key.removeprefix(folder) if key.startswith(folder) else key[prefix.rfind("/") + 1 :]


def output_key(prefix: str, name: str) -> str:
    """Return the key of an object's output.

    Args:
        prefix: the prefix in S3OutputPath.
        name: the `name` of the InputObject.
    """
    return f"{prefix.rstrip('/')}/{name}.out".lstrip("/")


def _is_folder(key: str, size: int) -> bool:
    """Return whether an object is the empty object that the S3 console creates for a folder."""
    return key.endswith("/") and size == 0
