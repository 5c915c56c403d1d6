"""Removes versions from a pool, and a pool without models. The caller has the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.artifact import artifact_prefix
from model_packager.names.pool import pool_archive_key
from workflow.aws.alarm_removal import remove_endpoint_alarm
from workflow.aws.clients import s3
from workflow.pool.endpoint_configs import is_gone, is_staging_gone, remove_spare_configs
from workflow.pool.live_models import has_archives
from workflow.versions.version_removal import remove_files

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
    """Return whether the pool has models or is deleted; otherwise delete it, one step per call.

    This also deletes a staging endpoint and unused endpoint configs.
    """
    if not is_staging_gone(endpoint):
        return False
    is_used = has_archives(bucket, pool)
    if not is_used and not is_gone(endpoint):
        return False
    remove_spare_configs(endpoint)
    if not is_used:
        remove_endpoint_alarm(endpoint)
    return True
