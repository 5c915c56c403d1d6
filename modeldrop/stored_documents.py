"""Reads the documents that the workflow stores in the artifact bucket.

A later version of Modeldrop may have written them, so unknown fields are ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from model_packager.names.artifact import claim_key, live_key, record_key
from model_packager.stored import Claim, DeploymentRecord, FrozenModel, Live
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Document = TypeVar("Document", bound=FrozenModel)


def read_live(s3: S3Client, bucket: str, model: str) -> Live | None:
    """Read live.json; None if no version of the model is live.

    Raises:
        UsageError: this version of Modeldrop cannot read the document.
    """
    return _read(s3, bucket, live_key(model), Live)


def read_record(s3: S3Client, bucket: str, model: str, version: str) -> DeploymentRecord | None:
    """Read deployment.json; None if the version never went live or is no longer kept.

    Raises:
        UsageError: this version of Modeldrop cannot read the document.
    """
    return _read(s3, bucket, record_key(model, version), DeploymentRecord)


def read_claim(s3: S3Client, bucket: str, model: str, version: str) -> Claim | None:
    """Read claim.json; None if no execution has claimed the version.

    Raises:
        UsageError: this version of Modeldrop cannot read the document.
    """
    return _read(s3, bucket, claim_key(model, version), Claim)


def _read(s3: S3Client, bucket: str, key: str, kind: type[Document]) -> Document | None:
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return parsed(body, kind, f"s3://{bucket}/{key}")


def parsed(body: bytes, kind: type[Document], uri: str) -> Document:
    """Parse a stored document.

    Raises:
        UsageError: this version of Modeldrop cannot read the document.
    """
    try:
        return kind.model_validate_json(body, extra="ignore")
    except ValidationError as error:
        raise UsageError(
            f"This version of Modeldrop cannot read {uri}.",
            "Use the version that the stack was deployed with.",
        ) from error
