"""Scans an account for the resources under a stack's prefix."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from model_packager.names.artifact import record_key, version_of_folder
from model_packager.names.batch import is_batch_run_of
from model_packager.names.endpoint import (
    endpoint_name,
    pool_endpoint_name,
    resource_name,
    shadow_config_name,
)
from model_packager.names.pool import pool_config_names, pool_staging_name
from model_packager.sagemaker.cloudwatch import LOG_GROUP_PREFIX
from model_packager.sagemaker.requests import (
    EXECUTION_TAG,
    MODEL_TAG,
    POOL_TAG,
    PREVIOUS_TAG,
    VERIFIED_TAG,
    VERSION_TAG,
)
from modeldrop.aws_errors import is_missing_resource
from modeldrop.model_names import model_names
from modeldrop.orphans.inventory import (
    Endpoint,
    EndpointConfig,
    Folder,
    Inventory,
    ResourceOwner,
)
from modeldrop.orphans.pool_objects import pool_objects
from modeldrop.stored_documents import read_claim, read_live

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from boto3 import Session
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_stepfunctions import SFNClient

    from model_packager.stored import Live


def scan(session: Session, *, prefix: str, artifact_bucket: str) -> Inventory:
    """Scan all services once. Resources that change during the scan belong to an execution."""
    began = datetime.now(UTC)
    hosting = _Hosting(session.client("sagemaker"), prefix)
    endpoints, configs = dict(hosting.endpoints()), dict(hosting.configs())
    models, transform_jobs = dict(hosting.models()), dict(hosting.transform_jobs())
    pool_models = dict(hosting.pool_models())
    s3 = session.client("s3")
    names = list(model_names(s3, artifact_bucket))
    folders = tuple(each for name in names for each in _folders(s3, artifact_bucket, name))
    live = _live(s3, artifact_bucket, names)
    pools = pool_objects(s3, artifact_bucket)
    origins = [
        *(each.origin for each in endpoints.values()),
        *(each.origin for each in configs.values()),
        *models.values(),
        *transform_jobs.values(),
    ]
    executions = {each.execution_arn for each in origins if each} | {
        each.claimed_by for each in folders
    }
    executions |= {each.lock.execution_arn for each in pools.values() if each.lock}
    stepfunctions = session.client("stepfunctions")
    scaled, unchecked = _scaled(session, prefix)
    return Inventory(
        prefix=prefix,
        endpoints=endpoints,
        configs=configs,
        models=models,
        transform_jobs=transform_jobs,
        folders=folders,
        live=tuple(live),
        asleep=frozenset(name for name, each in live.items() if each.asleep_since is not None),
        pooled={name: each.pool for name, each in live.items() if each.pool},
        pool_models=pool_models,
        pools=pools,
        alarms=tuple(_alarms(session, prefix)),
        scaled=scaled,
        logged=tuple(_logged(session, prefix)),
        running_executions=frozenset(
            arn for arn in executions if arn and was_running(stepfunctions, arn, began)
        ),
        unchecked=unchecked,
    )


@dataclass(frozen=True)
class _Hosting:
    """The SageMaker resources under the prefix."""

    sagemaker: SageMakerClient
    prefix: str

    def endpoints(self) -> Iterator[tuple[str, Endpoint]]:
        for name, arn in self._listed("list_endpoints", "Endpoints", "Endpoint"):
            tags = self._tags(arn)
            found = self._describe(name)
            if tags is not None and found is not None:
                pending = found.get("PendingDeploymentSummary", {}).get("EndpointConfigName")
                yield (
                    name,
                    Endpoint(
                        origin=self._origin(name, tags),
                        status=found["EndpointStatus"],
                        config=found["EndpointConfigName"],
                        pending=pending,
                        pool=self._pool(name, tags),
                    ),
                )

    def configs(self) -> Iterator[tuple[str, EndpointConfig]]:
        for name, arn in self._listed("list_endpoint_configs", "EndpointConfigs", "EndpointConfig"):
            tags = self._tags(arn)
            if tags is not None:
                origin, previous = self._origin(name, tags), tags.get(PREVIOUS_TAG)
                pool = self._pool(name, tags)
                yield name, EndpointConfig(origin, previous, VERIFIED_TAG in tags, pool)

    def models(self) -> Iterator[tuple[str, ResourceOwner | None]]:
        for name, arn in self._listed("list_models", "Models", "Model"):
            tags = self._tags(arn)
            if tags is not None:
                yield name, self._origin(name, tags)

    def pool_models(self) -> Iterator[tuple[str, str]]:
        """Yield the SageMaker models of pools, each with its pool."""
        for name, arn in self._listed("list_models", "Models", "Model"):
            pool = self._pool(name, self._tags(arn) or {})
            if pool is not None:
                yield name, pool

    def transform_jobs(self) -> Iterator[tuple[str, ResourceOwner | None]]:
        listed = self._listed(
            "list_transform_jobs",
            "TransformJobSummaries",
            "TransformJob",
            StatusEquals="InProgress",
        )
        for name, arn in listed:
            tags = self._tags(arn)
            if tags is not None:
                yield name, self._origin(name, tags)

    def _listed(
        self, operation: Any, key: str, kind: str, **options: str
    ) -> Iterator[tuple[str, str]]:
        pages: Any = self.sagemaker.get_paginator(operation)
        for page in pages.paginate(NameContains=f"{self.prefix}-", **options):
            for each in page[key]:
                name = each[f"{kind}Name"]
                if name.startswith(f"{self.prefix}-"):
                    yield name, each[f"{kind}Arn"]

    def _describe(self, name: str) -> Any:
        try:
            return self.sagemaker.describe_endpoint(EndpointName=name)
        except ClientError as error:
            if is_missing_resource(error):
                return None
            raise

    def _tags(self, arn: str) -> dict[str, str] | None:
        try:
            pages = list(self.sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn))
        except ClientError as error:
            if is_missing_resource(error):
                return None
            raise
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}

    def _pool(self, name: str, tags: Mapping[str, str]) -> str | None:
        """Return the pool in the tags; None if the name does not follow from it and the prefix."""
        pool = tags.get(POOL_TAG)
        if pool is None:
            return None
        endpoint = pool_endpoint_name(self.prefix, pool)
        ours = (endpoint, pool_staging_name(endpoint), *pool_config_names(endpoint))
        return pool if name in ours else None

    def _origin(self, name: str, tags: Mapping[str, str]) -> ResourceOwner | None:
        """Return the owner in the tags; None if the name does not follow from it and the prefix."""
        model, version = tags.get(MODEL_TAG), tags.get(VERSION_TAG)
        if model is None or version is None:
            return None
        endpoint = endpoint_name(self.prefix, model)
        of_version = resource_name(endpoint, version), shadow_config_name(endpoint, version)
        ours = name in (endpoint, *of_version) or is_batch_run_of(name, endpoint)
        return ResourceOwner(model, version, tags.get(EXECUTION_TAG)) if ours else None


def _live(s3: S3Client, bucket: str, models: Iterable[str]) -> dict[str, Live]:
    """Return the models' live.json by name."""
    found = {name: read_live(s3, bucket, name) for name in models}
    return {name: live for name, live in found.items() if live is not None}


def _folders(s3: S3Client, bucket: str, model: str) -> Iterator[Folder]:
    pages = s3.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=f"{model}/", Delimiter="/"):
        for each in page.get("CommonPrefixes", []):
            version = version_of_folder(model, each.get("Prefix", ""))
            if version is not None:
                recorded = _exists(s3, bucket, record_key(model, version))
                yield Folder(model, version, _claimed_by(s3, bucket, model, version), recorded)


def _claimed_by(s3: S3Client, bucket: str, model: str, version: str) -> str | None:
    claim = read_claim(s3, bucket, model, version)
    return claim.execution_arn if claim else None


def _exists(s3: S3Client, bucket: str, key: str) -> bool:
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    return [each["Key"] for each in listed] == [key]


def _alarms(session: Session, prefix: str) -> Iterator[str]:
    pages = session.client("cloudwatch").get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNamePrefix=f"{prefix}-", AlarmTypes=["MetricAlarm"]):
        for alarm in page["MetricAlarms"]:
            yield alarm["AlarmName"]


def _scaled(session: Session, prefix: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the scaled endpoints, or why they could not be checked.

    Users without auto scaling may lack the permission.
    """
    try:
        return tuple(_scaled_endpoints(session, prefix)), ()
    except (BotoCoreError, ClientError) as error:
        return (), (f"scalable targets: {error}",)


def _scaled_endpoints(session: Session, prefix: str) -> Iterator[str]:
    """Yield the endpoints of scalable targets (endpoint/<name>/variant/<variant>)."""
    pages = session.client("application-autoscaling").get_paginator("describe_scalable_targets")
    for page in pages.paginate(ServiceNamespace="sagemaker"):
        for target in page["ScalableTargets"]:
            kind, _, rest = target["ResourceId"].partition("/")
            if kind == "endpoint" and rest.startswith(f"{prefix}-"):
                yield rest.partition("/")[0]


def _logged(session: Session, prefix: str) -> Iterator[str]:
    pages = session.client("logs").get_paginator("describe_log_groups")
    for page in pages.paginate(logGroupNamePrefix=f"{LOG_GROUP_PREFIX}{prefix}-"):
        for group in page["logGroups"]:
            yield group["logGroupName"].removeprefix(LOG_GROUP_PREFIX)


def was_running(stepfunctions: SFNClient, arn: str, began: datetime) -> bool:
    """Return whether an execution is running, or was when the scan started."""
    try:
        found = stepfunctions.describe_execution(executionArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"ExecutionDoesNotExist", "InvalidArn"}:
            return False  # Step Functions keeps an execution for 90 days
        raise
    return found["status"] == "RUNNING" or found["stopDate"] >= began
