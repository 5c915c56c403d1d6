"""The retained versions of a model, and its live version.

The artifact bucket has the records of the versions. SageMaker says which version is live; in a
pool, live.json does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names.artifact import version_of_folder
from model_packager.names.endpoint import endpoint_name, version_in
from model_packager.names.version import drop_order
from modeldrop.aws_errors import is_missing_resource
from modeldrop.errors import UsageError
from modeldrop.model_names import check_name, unknown_model
from modeldrop.stored_documents import read_live, read_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from boto3 import Session
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient

    from model_packager.stored import DeploymentRecord, Live


@dataclass(frozen=True)
class History:
    """The retained versions of a model.

    Attributes:
        live: the version in live.json, which passed its test last.
        asleep_since: when the model was put to sleep; None if it is awake.
        serving: the version that SageMaker runs; it may be under test.
        records: the records of the retained versions, newest drop first.
    """

    model: str
    endpoint: str
    live: str | None
    serving: str | None
    records: tuple[DeploymentRecord, ...]
    asleep_since: datetime | None = None

    @property
    def current(self) -> str | None:
        """The version that a rollback replaces."""
        return self.serving or self.live


def read_history(session: Session, model: str, *, prefix: str, artifact_bucket: str) -> History:
    """Read the history of a model.

    Raises:
        UsageError: the name is invalid, there is no version, or a record is unreadable.
    """
    check_name(model)
    s3, endpoint = session.client("s3"), endpoint_name(prefix, model)
    live = read_live(s3, artifact_bucket, model)
    if live is not None and live.pool is not None:
        endpoint = live.endpoint
    serving = _serving(session.client("sagemaker"), endpoint, live)
    records = tuple(_records(s3, artifact_bucket, model))
    if not records and serving is None:
        raise unknown_model(s3, artifact_bucket, model, f"{model} has no retained versions.")
    return History(
        model=model,
        endpoint=endpoint,
        live=live.version if live else None,
        serving=serving,
        asleep_since=live.asleep_since if live else None,
        records=tuple(sorted(records, key=order_of, reverse=True)),
    )


def find_version(history: History, name: str) -> DeploymentRecord:
    """Return one of the retained versions.

    Args:
        history: the model's history.
        name: the version's label, such as v3, its name, or a unique prefix of the name.

    Raises:
        UsageError: no version has this name, or several have.
    """
    matching = [each for each in history.records if name == each.label] or [
        each for each in history.records if name and each.version.startswith(name)
    ]
    if not matching:
        raise UsageError(f"{history.model} has no version {name}. {retained(history.records)}")
    if len(matching) > 1:
        kept = retained(matching)
        raise UsageError(f"{name} matches several versions of {history.model}. {kept}")
    return matching[0]


def retained(records: Sequence[DeploymentRecord]) -> str:
    """Return a sentence with the available versions."""
    return f"Retained: {', '.join(each.text for each in records)}."


def order_of(record: DeploymentRecord) -> tuple[str, str, str]:
    """Return a key that sorts the records of a model by their drops."""
    return drop_order(record.version, record.deployment.sequencer)


def _records(s3: S3Client, bucket: str, model: str) -> Iterator[DeploymentRecord]:
    for version in _versions(s3, bucket, model):
        record = read_record(s3, bucket, model, version)
        if record is not None:
            yield record


def _versions(s3: S3Client, bucket: str, model: str) -> Iterator[str]:
    pages = s3.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=f"{model}/", Delimiter="/"):
        for folder in page.get("CommonPrefixes", []):
            version = version_of_folder(model, folder.get("Prefix", ""))
            if version is not None:
                yield version


def _serving(sagemaker: SageMakerClient, endpoint: str, live: Live | None) -> str | None:
    try:
        found = sagemaker.describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        if is_missing_resource(error):
            return None
        raise
    if live is not None and live.pool is not None:
        return live.version
    return version_in(endpoint, found["EndpointConfigName"])
