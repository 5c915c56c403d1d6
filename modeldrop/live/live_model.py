"""The live version of a model, and the file for requests to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from model_client.sample_file import File
from model_packager.golden_sample import FOLDER
from model_packager.names.artifact import artifact_prefix
from model_packager.names.pool import target_model
from model_packager.spec.hosting_mode import HostingMode
from modeldrop.dropping.offline_inspection import read_file
from modeldrop.errors import UsageError
from modeldrop.model_names import check_name, unknown_model
from modeldrop.stored_documents import read_live, read_record

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from boto3 import Session
    from mypy_boto3_s3 import S3Client

    from model_packager.signature import Signature
    from model_packager.spec.smoke_test_spec import SmokeTest


@dataclass(frozen=True)
class LiveModel:
    """A live version, and the input of its smoke test.

    Attributes:
        asleep_since: when the model was put to sleep; None if it is awake.
        label: the short label of the version, such as v3; None if it has none.
    """

    model: str
    version: str
    endpoint: str
    signature: Signature
    smoke_test: SmokeTest
    sample: File | None
    has_labels: bool = False
    hosting: HostingMode = HostingMode()  # noqa: RUF009  # frozen
    asleep_since: datetime | None = None
    label: str | None = None

    @property
    def target_model(self) -> str | None:
        """The TargetModel of requests; None if the model has its own endpoint."""
        return target_model(self.model, self.version) if self.hosting.is_pool else None


def read_live_model(session: Session, model: str, artifact_bucket: str) -> LiveModel:
    """Read the deployment record of the live version.

    Raises:
        UsageError: the model has no live version.
    """
    check_name(model)
    s3 = session.client("s3")
    live = read_live(s3, artifact_bucket, model)
    record = read_record(s3, artifact_bucket, model, live.version) if live else None
    if live is None or record is None:
        raise unknown_model(s3, artifact_bucket, model, f"{model} has no live version.")
    return LiveModel(
        model=model,
        version=live.version,
        endpoint=live.endpoint,
        signature=record.servable.signature,
        smoke_test=record.servable.spec.smoke_test,
        sample=_sample(s3, artifact_bucket, artifact_prefix(model, live.version)),
        has_labels=record.servable.has_labels,
        hosting=record.servable.spec.hosting,
        asleep_since=live.asleep_since,
        label=live.label,
    )


def require_awake(live_model: LiveModel) -> None:
    """Check that the model has an endpoint.

    Raises:
        UsageError: the model is asleep.
    """
    if live_model.asleep_since is not None:
        raise UsageError(
            f"{live_model.model} has been asleep since "
            f"{live_model.asleep_since:%Y-%m-%d %H:%M %Z}.",
            "Wake it with:",
            command=("wake", live_model.model),
        )


def with_input(live_model: LiveModel, file: Path) -> LiveModel:
    """Return the model with a file as its input.

    Raises:
        UsageError: the file does not exist.
    """
    return replace(live_model, sample=File(str(file), read_file(file)))


def _sample(s3: S3Client, bucket: str, prefix: str) -> File | None:
    """Return the input of the version's golden sample. Package Model stores at most one."""
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}{FOLDER}input.").get("Contents", [])
    if not listed:
        return None
    key = listed[0]["Key"]
    content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return File(key.removeprefix(prefix), content)
