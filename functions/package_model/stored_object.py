"""The existence and the checksum of an S3 object."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, TypedDict

from model_packager.stored import Checksum
from workflow.aws.clients import s3
from workflow.aws.s3_object import head_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.drop.source_object import Pin


class Place(TypedDict):
    """An object in its current state."""

    Bucket: str
    Key: str


_ALGORITHMS = ("SHA256", "CRC64NVME", "CRC32C", "CRC32", "SHA1")


def object_exists(bucket: str, key: str) -> bool:
    """Return whether the object exists. A multipart upload is visible only when it is complete."""
    return head_object(bucket, key) is not None


def checksum_of(where: Pin | Place) -> Checksum | None:
    """Return S3's checksum of the whole object; None if there is none.

    A composite checksum combines the checksums of the parts, and is useless without their sizes
    (Amazon S3 user guide, "Checking object integrity").
    """
    response: Mapping[str, object] = {**s3().head_object(**where, ChecksumMode="ENABLED")}
    for algorithm in _ALGORITHMS:
        value = response.get(f"Checksum{algorithm}")
        if isinstance(value, str) and response.get("ChecksumType") != "COMPOSITE":
            return Checksum(algorithm=algorithm, value=base64.b64decode(value).hex())
    return None
