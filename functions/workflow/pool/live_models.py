"""The models of a pool that clients use: those whose live.json names a version in the pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.pool import pool_prefix
from workflow.aws.clients import s3
from workflow.versions.deployment_record import read_live, read_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_packager.stored import DeploymentRecord


def live_records(bucket: str, pool: str) -> Iterator[DeploymentRecord]:
    """Yield the records of the live versions in a pool, sorted by model name."""
    for model in _models(bucket, pool):
        live = read_live(bucket, model)
        if live is None or live.pool != pool:
            continue
        record = read_record(bucket, model, live.version)
        if record is not None:
            yield record


def has_archives(bucket: str, pool: str) -> bool:
    """Return whether the pool has the archive of any model, live or not."""
    listed = s3().list_objects_v2(Bucket=bucket, Prefix=pool_prefix(pool), MaxKeys=1)
    return bool(listed.get("Contents"))


def archive_sizes(bucket: str, pool: str) -> dict[str, int]:
    """Return the size in bytes of each archive of a pool, by key."""
    pages = s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=pool_prefix(pool))
    return {each["Key"]: each["Size"] for page in pages for each in page.get("Contents", [])}


def _models(bucket: str, pool: str) -> Iterator[str]:
    prefix = pool_prefix(pool)
    pages = s3().get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix, Delimiter="/"):
        for folder in page.get("CommonPrefixes", []):
            yield folder["Prefix"].removeprefix(prefix).rstrip("/")
