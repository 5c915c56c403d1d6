"""What S3 knows of an object that is in the artifact bucket."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

from model_packager.stored import Checksum
from workflow.aws.aws_errors import object_is_missing
from workflow.aws.clients import s3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow.drop.source_object import Pin


class Place(TypedDict):
    """An object, in whatever state it is."""

    Bucket: str
    Key: str


_ALGORITHMS = ("SHA256", "CRC64NVME", "CRC32C", "CRC32", "SHA1")


def object_exists(bucket: str, key: str) -> bool:
    """Tell whether the object is there. A multipart upload is seen whole or not at all."""
    try:
        s3().head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if object_is_missing(error):
            return False
        raise
    return True


def checksum_of(where: Pin | Place) -> Checksum | None:
    """Give the checksum that S3 keeps of the whole object; None where it keeps none.

    A composite one, over the checksums of parts, says nothing of the bytes without the sizes of
    the parts (Amazon S3 user guide, "Checking object integrity").
    """
    answer: Mapping[str, object] = {**s3().head_object(**where, ChecksumMode="ENABLED")}
    for algorithm in _ALGORITHMS:
        value = answer.get(f"Checksum{algorithm}")
        if isinstance(value, str) and answer.get("ChecksumType") != "COMPOSITE":
            return Checksum(algorithm=algorithm, value=base64.b64decode(value).hex())
    return None
