"""The versions of a model that are kept, and which of them serves.

Reads what Record Deployment wrote (functions/workflow/versions/deployment_record.py), and asks
SageMaker which version is live.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from model_packager.names import endpoint_name, live_key, record_key, version_in, version_of_folder
from modeldrop.dropping.drop import check_name
from modeldrop.errors import UsageError
from modeldrop.live.artifact_json import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boto3 import Session
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient


class _Part(BaseModel):
    """Frozen, and passing over what it does not know: a record may be of a later Modeldrop."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RecordedDeployment(_Part):
    """Who was deployed."""

    version: str
    execution_arn: str


class RecordedSource(_Part):
    """The dropped object."""

    bucket: str
    key: str
    etag: str
    version_id: str | None


class RecordedHosting(_Part):
    """Where it was served."""

    instance_type: str
    instance_count: int


class RecordedSmoke(_Part):
    """What its smoke test found; `golden` says what the answers were held against."""

    p50_ms: float
    golden: str


class Record(_Part):
    """A version's deployment.json. There is none without a passed test in production."""

    deployment: RecordedDeployment
    deployed_at: AwareDatetime
    restored: bool
    supersedes: str | None
    source: RecordedSource
    hosting: RecordedHosting
    smoke: RecordedSmoke

    @property
    def version(self) -> str:
        """The version's name; names sort by the time of the drop."""
        return self.deployment.version


@dataclass(frozen=True)
class History:
    """What is kept of a model.

    Attributes:
        live: the version that live.json names: the last that passed its test.
        serving: the version that SageMaker names; another one while it is on trial.
        records: of the versions that are kept, newest drop first.
    """

    model: str
    endpoint: str
    live: str | None
    serving: str | None
    records: tuple[Record, ...]

    @property
    def current(self) -> str | None:
        """What a rollback would take the place of."""
        return self.serving or self.live


def read_history(session: Session, model: str, *, prefix: str, artifact_bucket: str) -> History:
    """Read it.

    Raises:
        UsageError: the name holds a folder, or a record cannot be read.
        ModelRejected: the name cannot be a model's for another reason.
    """
    check_name(model)
    s3, endpoint = session.client("s3"), endpoint_name(prefix, model)
    live = read_json(s3, artifact_bucket, live_key(model))
    records = (
        read_record(s3, artifact_bucket, record_key(model, version))
        for version in _versions(s3, artifact_bucket, model)
    )
    return History(
        model=model,
        endpoint=endpoint,
        live=live["version"] if live else None,
        serving=_serving(session.client("sagemaker"), endpoint),
        records=tuple(
            sorted(
                (each for each in records if each is not None),
                key=lambda each: each.version,
                reverse=True,
            )
        ),
    )


def _versions(s3: S3Client, bucket: str, model: str) -> Iterator[str]:
    pages = s3.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=f"{model}/", Delimiter="/"):
        for folder in page.get("CommonPrefixes", []):
            version = version_of_folder(model, folder.get("Prefix", ""))
            if version is not None:
                yield version


def read_record(s3: S3Client, bucket: str, key: str) -> Record | None:
    """Read a version's record; None where it is not kept.

    Raises:
        UsageError: it is none that this Modeldrop can read.
    """
    content = read_json(s3, bucket, key)
    try:
        return None if content is None else Record.model_validate(content)
    except ValidationError as error:
        raise UsageError(
            f"s3://{bucket}/{key} is no deployment record that this Modeldrop can read. Use the "
            "version of Modeldrop that the stack was deployed with."
        ) from error


def _serving(sagemaker: SageMakerClient, endpoint: str) -> str | None:
    try:
        found = sagemaker.describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        # SageMaker has no code of its own for what is missing, only this text.
        if "Could not find endpoint" in error.response["Error"].get("Message", ""):
            return None
        raise
    return version_in(endpoint, found["EndpointConfigName"])
