"""The record of each version that has gone live, and the record of the live version.

`<model>/<version>/deployment.json` and `<model>/live.json` in the artifact bucket. S3 replaces an
object atomically, and live.json is written last, so it names no version without a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names import live_key, record_key
from model_packager.stored import DeploymentRecord, Live
from workflow.aws.aws_errors import object_is_missing
from workflow.aws.clients import s3

if TYPE_CHECKING:
    from datetime import datetime
    from typing import TypeVar

    from model_packager.stored import Deployment, FrozenModel

    Stored = TypeVar("Stored", bound=FrozenModel)


def write_record(bucket: str, record: DeploymentRecord) -> str:
    """Store the record, then mark it as live, and return its S3 URI."""
    key = record_key(record.deployment.model, record.deployment.version)
    _put(bucket, key, record)
    _put_live(bucket, record)
    return f"s3://{bucket}/{key}"


def withdraw(bucket: str, deployment: Deployment, restored: DeploymentRecord | None) -> None:
    """Point live.json to the restored version, if it names the deployment that was rolled back.

    A model that could not be woken stays asleep.
    """
    live = read_live(bucket, deployment.model)
    if live is None or live.version != deployment.version or live.asleep_since is not None:
        return
    if restored is None:
        s3().delete_object(Bucket=bucket, Key=live_key(deployment.model))
    else:
        _put_live(bucket, restored)


def read_record(bucket: str, model: str, version: str) -> DeploymentRecord | None:
    """Read a version's record; None if it never went live, or is no longer kept."""
    return _get(bucket, record_key(model, version), DeploymentRecord)


def read_live(bucket: str, model: str) -> Live | None:
    """Read live.json; None if no version is live."""
    return _get(bucket, live_key(model), Live)


def mark_asleep(bucket: str, model: str, now: datetime) -> None:
    """Note in live.json that the model sleeps, if it does not say so already."""
    live = read_live(bucket, model)
    if live is not None and live.asleep_since is None:
        _put(bucket, live_key(model), live.model_copy(update={"asleep_since": now}))


def forget_live(bucket: str, model: str) -> None:
    """Delete live.json; idempotent."""
    s3().delete_object(Bucket=bucket, Key=live_key(model))


def _put_live(bucket: str, record: DeploymentRecord) -> None:
    deployment = record.deployment
    live = Live(
        model=deployment.model,
        version=deployment.version,
        endpoint=deployment.endpoint,
        source=record.source,
        since=record.deployed_at,
        record=record_key(deployment.model, deployment.version),
        pool=deployment.pool,
        number=deployment.number,
    )
    _put(bucket, live_key(deployment.model), live)


def _put(bucket: str, key: str, content: FrozenModel) -> None:
    s3().put_object(
        Bucket=bucket,
        Key=key,
        Body=content.model_dump_json(indent=2).encode(),
        ContentType="application/json",
    )


def _get(bucket: str, key: str, kind: type[Stored]) -> Stored | None:
    try:
        body = s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise
    return kind.model_validate_json(body)
