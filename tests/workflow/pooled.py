"""A pool of the embedded cloud: the output of one of its models, and what is left of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from model_packager.names import (
    live_key,
    pool_endpoint_name,
    pool_lock_key,
    pool_prefix,
    target_model,
)
from model_packager.stored import Live

if TYPE_CHECKING:
    from tests.workflow.drops import Cloud


def endpoint_of(cloud: Cloud, pool: str) -> str:
    """The name of a pool's endpoint."""
    return pool_endpoint_name(cloud.embedded.output("EndpointPrefix"), pool)


def scaled_in_pool(cloud: Cloud, pool: str, model: str) -> float | None:
    """The output of the live version of a model for input 1; None if no version is live."""
    s3, bucket = cloud.client("s3"), cloud.embedded.output("ArtifactBucketName")
    try:
        live = s3.get_object(Bucket=bucket, Key=live_key(model))["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1.0, 1.0]}]}
    answer = cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint_of(cloud, pool),
        TargetModel=target_model(model, Live.model_validate_json(live).version),
        Body=json.dumps(body).encode(),
        ContentType="application/json",
    )
    value: float = json.loads(answer["Body"].read())["outputs"][0]["data"][0]
    return value


def left_of_pool(cloud: Cloud, pool: str) -> list[str]:
    """The resources of a pool in SageMaker, its archives, and its lock."""
    sagemaker, name = cloud.client("sagemaker"), endpoint_of(cloud, pool)
    lists = {
        "list_endpoints": ("Endpoints", "EndpointName"),
        "list_endpoint_configs": ("EndpointConfigs", "EndpointConfigName"),
        "list_models": ("Models", "ModelName"),
    }
    found = [
        f"{'endpoint' if key == 'Endpoints' else key} {each[member]}"
        for operation, (key, member) in lists.items()
        for each in getattr(sagemaker, operation)(NameContains=name)[key]
    ]
    return found + keys(cloud, pool_prefix(pool)) + keys(cloud, pool_lock_key(pool))


def keys(cloud: Cloud, prefix: str) -> list[str]:
    """The keys of the artifact bucket that begin with a prefix."""
    bucket = cloud.embedded.output("ArtifactBucketName")
    listed = cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [each["Key"] for each in listed.get("Contents", [])]
