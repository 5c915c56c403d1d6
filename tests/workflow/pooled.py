"""Calls the models of a pool in the embedded cloud, and lists the pool's resources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from model_packager.names.artifact import live_key
from model_packager.names.endpoint import pool_endpoint_name
from model_packager.names.pool import pool_lock_key, pool_prefix, target_model
from model_packager.stored import Live
from tests.workflow.load import ROWS

if TYPE_CHECKING:
    from tests.workflow.drops import Cloud


def endpoint_of(cloud: Cloud, pool: str) -> str:
    """Return the name of a pool's endpoint."""
    return pool_endpoint_name(cloud.embedded.output("EndpointPrefix"), pool)


def scaled_in_pool(cloud: Cloud, pool: str, model: str) -> float | None:
    """Return the output of a model's live version for input 1; None if no version is live."""
    try:
        answer = ask_pool(cloud, model, pool, np.ones((1, 2), np.float32))
    except cloud.client("s3").exceptions.NoSuchKey:
        return None
    return float(answer[0, 0])


def ask_pool(cloud: Cloud, model: str, pool: str, x: np.ndarray = ROWS) -> np.ndarray:
    """Send a request to the version in live.json, as clients do."""
    bucket = cloud.embedded.output("ArtifactBucketName")
    live = cloud.client("s3").get_object(Bucket=bucket, Key=live_key(model))["Body"].read()
    rows = {"name": "x", "datatype": "FP32", "shape": x.shape, "data": x.flatten().tolist()}
    answer = cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint_of(cloud, pool),
        TargetModel=target_model(model, Live.model_validate_json(live).version),
        Body=json.dumps({"inputs": [rows]}).encode(),
        ContentType="application/json",
    )
    data = json.loads(answer["Body"].read())["outputs"][0]["data"]
    return np.array(data, np.float32).reshape(x.shape)


def left_of_pool(cloud: Cloud, pool: str) -> list[str]:
    """Return the resources of a pool in SageMaker, its archives, and its lock."""
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
    """Return the keys of the artifact bucket that start with a prefix."""
    bucket = cloud.embedded.output("ArtifactBucketName")
    listed = cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [each["Key"] for each in listed.get("Contents", [])]
