"""The JSON documents of the artifact bucket: live.json, deployment.json."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def read_json(s3: S3Client, bucket: str, key: str) -> Any:
    """Read one; None where it is not there."""
    try:
        return json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except s3.exceptions.NoSuchKey:
        return None
