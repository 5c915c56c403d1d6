"""Reads the archives and the locks of all pools in the artifact bucket."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from model_packager.names.pool import POOL_ARCHIVES, POOL_LOCKS, pool_archive_of
from model_packager.stored import Claim
from modeldrop.orphans.inventory import PoolLock, PoolObjects
from modeldrop.stored_documents import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client


def pool_objects(s3: S3Client, bucket: str) -> dict[str, PoolObjects]:
    """Return the objects of each pool, by pool. Other objects under the prefix are ignored.

    Raises:
        UsageError: this version of Modeldrop cannot read a lock.
    """
    archives = defaultdict[str, list[tuple[str, str]]](list)
    for key in _keys(s3, bucket, POOL_ARCHIVES):
        found = pool_archive_of(key)
        if found is not None:
            pool, model, version = found
            archives[pool].append((model, version))
    locks = dict(_locks(s3, bucket))
    return {
        pool: PoolObjects(tuple(archives.get(pool, ())), locks.get(pool))
        for pool in sorted(archives.keys() | locks.keys())
    }


def _locks(s3: S3Client, bucket: str) -> Iterator[tuple[str, PoolLock]]:
    for key in _keys(s3, bucket, POOL_LOCKS):
        try:
            found = s3.get_object(Bucket=bucket, Key=key)
        except s3.exceptions.NoSuchKey:
            continue  # the execution has released the lock since S3 listed it
        claim = parsed(found["Body"].read(), Claim, f"s3://{bucket}/{key}")
        pool = key.removeprefix(POOL_LOCKS).removesuffix(".json")
        yield pool, PoolLock(claim.execution_arn, found["ETag"])


def _keys(s3: S3Client, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for listed in page.get("Contents", []):
            yield listed["Key"]
