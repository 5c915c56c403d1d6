"""How versions leave a pool, and how a pool without models ends. The caller has the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names import artifact_prefix, pool_archive_key
from workflow.aws.alarm_removal import remove_endpoint_alarm
from workflow.aws.clients import s3
from workflow.pool.live_models import has_archives
from workflow.versions.endpoint import SETTLED, describe
from workflow.versions.endpoint_release import delete_settled
from workflow.versions.version_removal import remove_files, remove_hosting

if TYPE_CHECKING:
    from collections.abc import Iterable


def remove_from_pool(bucket: str, pool: str, model: str, versions: Iterable[str]) -> None:
    """Delete the archives and the files of versions; idempotent.

    SageMaker unloads a model whose archive is gone when it needs the memory (developer guide, "Add
    or Remove Models").
    """
    for version in versions:
        s3().delete_object(Bucket=bucket, Key=pool_archive_key(pool, model, version))
        remove_files(bucket, artifact_prefix(model, version))


def is_settled(bucket: str, pool: str, endpoint: str) -> bool:
    """Return whether the pool has models, or is gone; otherwise delete it, one step per call."""
    if has_archives(bucket, pool):
        return True
    description = describe(endpoint)
    if description is not None:
        if description["EndpointStatus"] in SETTLED:
            delete_settled(endpoint)
        return False
    remove_hosting(endpoint)
    remove_endpoint_alarm(endpoint)
    return True
