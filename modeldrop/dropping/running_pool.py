"""The current state of the pool that a drop names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names.endpoint import pool_endpoint_name
from model_packager.names.pool import pool_archive_key, pool_prefix
from model_packager.sagemaker.error_texts import names_missing_resource
from model_packager.sagemaker.pool.fit import PooledModel
from model_packager.sagemaker.pool.hosting import PoolEndpoint
from modeldrop.stored_documents import read_live, read_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from boto3 import Session
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient

    from model_packager.stored import DeploymentRecord


@dataclass(frozen=True)
class RunningPool:
    """A pool.

    Attributes:
        pool: the name of the pool.
        config: the current endpoint config; None if the pool has no endpoint.
        endpoint: the instances and the image; None if the pool has no endpoint.
        records: the records of its live versions, by model name.
        sizes: the sizes of its archives in bytes, by key.
    """

    pool: str
    config: str | None = None
    endpoint: PoolEndpoint | None = None
    records: tuple[DeploymentRecord, ...] = ()
    sizes: Mapping[str, int] | None = None

    def pooled(self) -> list[PooledModel]:
        """The live versions, for `check_pool_fit`."""
        return [
            PooledModel.of(each.servable.spec, (self.sizes or {}).get(self._key(each), 0))
            for each in self.records
        ]

    def _key(self, record: DeploymentRecord) -> str:
        return pool_archive_key(self.pool, record.deployment.model, record.version)


def read_pool(session: Session, pool: str, *, prefix: str, bucket: str) -> RunningPool:
    """Read a pool of a stack.

    Raises:
        ClientError: the user may not read it.
    """
    s3, sagemaker = session.client("s3"), session.client("sagemaker")
    config = _config(sagemaker, pool_endpoint_name(prefix, pool))
    if config is None:
        return RunningPool(pool)
    described = sagemaker.describe_endpoint_config(EndpointConfigName=config)
    model = sagemaker.describe_model(ModelName=described["ProductionVariants"][0]["ModelName"])
    sizes = _sizes(s3, bucket, pool)
    return RunningPool(
        pool,
        config,
        PoolEndpoint.of(described, model),
        tuple(_records(s3, bucket, pool, sizes)),
        sizes,
    )


def _config(sagemaker: SageMakerClient, endpoint: str) -> str | None:
    try:
        found = sagemaker.describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if names_missing_resource(code, message):
            return None
        raise
    return found["EndpointConfigName"]


def _sizes(s3: S3Client, bucket: str, pool: str) -> dict[str, int]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=pool_prefix(pool))
    return {each["Key"]: each["Size"] for page in pages for each in page.get("Contents", [])}


def _records(
    s3: S3Client, bucket: str, pool: str, keys: Mapping[str, int]
) -> Iterator[DeploymentRecord]:
    for model in sorted({key.removeprefix(pool_prefix(pool)).partition("/")[0] for key in keys}):
        live = read_live(s3, bucket, model)
        record = read_record(s3, bucket, model, live.version) if live else None
        if live is not None and live.pool == pool and record is not None:
            yield record
