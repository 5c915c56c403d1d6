"""The record of each version that has gone live, and the record of the live version.

`<model>/<version>/deployment.json` and `<model>/live.json` in the artifact bucket. S3 replaces an
object atomically, and live.json is written last, so it names no version without a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.artifact import live_key, record_key
from model_packager.stored import DeploymentRecord, Live
from workflow.aws.clients import s3
from workflow.aws.s3_object import put_if_unchanged, read_object
from workflow.errors import Throttled

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import TypeVar

    from model_packager.stored import Deployment, FrozenModel

    Stored = TypeVar("Stored", bound=FrozenModel)

_CONTENT_TYPE = "application/json"


def write_record(bucket: str, record: DeploymentRecord) -> str:
    """Store the record, then mark it as live, and return its S3 URI."""
    key = record_key(record.deployment.model, record.deployment.version)
    _put(bucket, key, record)
    _put(bucket, live_key(record.deployment.model), _live(record))
    return f"s3://{bucket}/{key}"


def withdraw(
    bucket: str,
    deployment: Deployment,
    restored: DeploymentRecord | None,
    asleep_since: datetime | None = None,
) -> None:
    """Point live.json to the restored version, if it names the deployment that was rolled back.

    Args:
        bucket: the artifact bucket.
        deployment: the deployment that was rolled back.
        restored: the version to return to; None if there is none.
        asleep_since: when the restored version fell asleep; None if it is live again.
    """
    live = read_live(bucket, deployment.model)
    if live is None or live.version != deployment.version or live.asleep_since is not None:
        return
    if restored is None:
        s3().delete_object(Bucket=bucket, Key=live_key(deployment.model))
        return
    again = _live(restored)
    if asleep_since is not None:
        again = _asleep(again, asleep_since, deployment.execution_arn)
    _put(bucket, live_key(deployment.model), again)


def superseded_record(bucket: str, deployment: Deployment) -> DeploymentRecord | None:
    """Read the record of the version that a recorded deployment replaced; None if none."""
    record = read_record(bucket, deployment.model, deployment.version)
    superseded = record.supersedes if record else None
    return read_record(bucket, deployment.model, superseded) if superseded else None


def read_record(bucket: str, model: str, version: str) -> DeploymentRecord | None:
    """Read a version's record; None if it never went live, or is no longer kept."""
    return _get(bucket, record_key(model, version), DeploymentRecord)


def read_live(bucket: str, model: str) -> Live | None:
    """Read live.json; None if no version is live."""
    return _get(bucket, live_key(model), Live)


def live_before(bucket: str, deployment: Deployment, *, only_asleep: bool = False) -> str | None:
    """Return the version that live.json named before the deployment was recorded.

    If a deployment is recorded again, the result is the same.

    Args:
        bucket: the artifact bucket.
        deployment: the deployment to record.
        only_asleep: return the version only if the model sleeps with it.
    """
    live = read_live(bucket, deployment.model)
    if live is None:
        return None
    if live.version == deployment.version:
        record = read_record(bucket, deployment.model, deployment.version)
        return record.supersedes if record else None
    return None if only_asleep and live.asleep_since is None else live.version


def mark_asleep(bucket: str, model: str, now: datetime, execution_arn: str) -> None:
    """Note in live.json that this execution puts the model to sleep. Idempotent.

    The time is that of the first execution: a second one repeats what the first did not finish.

    Raises:
        Throttled: another execution has just written live.json.
    """
    _change(bucket, model, lambda live: _asleep(live, live.asleep_since or now, execution_arn))


def mark_awake(bucket: str, model: str, execution_arn: str) -> None:
    """Note in live.json that the model does not sleep, if this execution noted that it does.

    Raises:
        Throttled: another execution has just written live.json.
    """

    def awake(live: Live) -> Live:
        own = live.sleep_execution == execution_arn
        changed = {"asleep_since": None, "sleep_execution": None} if own else {}
        return live.model_copy(update=changed)

    _change(bucket, model, awake)


def _asleep(live: Live, since: datetime, execution_arn: str) -> Live:
    return live.model_copy(update={"asleep_since": since, "sleep_execution": execution_arn})


def _change(bucket: str, model: str, change: Callable[[Live], Live]) -> None:
    """Change live.json, unless another execution has changed it since it was read."""
    key = live_key(model)
    found = read_object(bucket, key)
    if found is None:
        return
    live = Live.model_validate_json(found.content)
    changed = change(live)
    if changed == live:
        return
    content = changed.model_dump_json(indent=2).encode()
    if not put_if_unchanged(bucket, key, content, found.etag, _CONTENT_TYPE):
        raise Throttled(
            f"Another execution has just changed the live version of {model}.",
            "No action needed: this step is retried.",
        )


def forget_live(bucket: str, model: str) -> None:
    """Delete live.json; idempotent."""
    s3().delete_object(Bucket=bucket, Key=live_key(model))


def _live(record: DeploymentRecord) -> Live:
    deployment = record.deployment
    return Live(
        model=deployment.model,
        version=deployment.version,
        endpoint=deployment.endpoint,
        source=record.source,
        since=record.deployed_at,
        record=record_key(deployment.model, deployment.version),
        pool=deployment.pool,
        number=deployment.number,
    )


def _put(bucket: str, key: str, content: FrozenModel) -> None:
    s3().put_object(
        Bucket=bucket,
        Key=key,
        Body=content.model_dump_json(indent=2).encode(),
        ContentType=_CONTENT_TYPE,
    )


def _get(bucket: str, key: str, kind: type[Stored]) -> Stored | None:
    found = read_object(bucket, key)
    return kind.model_validate_json(found.content) if found else None
