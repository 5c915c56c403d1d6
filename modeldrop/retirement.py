"""Taking a model off: its endpoint, then every version of it, with its files."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names import endpoint_name, version_in
from modeldrop.drop import check_name
from modeldrop.mistake import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from boto3 import Session
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient

LOOK_SECONDS = 0.5
TIMEOUT_SECONDS = 3600
"""An endpoint in transition cannot be deleted, and may stay in it for an hour."""

IN_TRANSITION = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


def retire(
    session: Session,
    model: str,
    *,
    prefix: str,
    artifact_bucket: str,
    say: Callable[[str], None] = lambda _line: None,
) -> list[str]:
    """Remove everything that Modeldrop made for a model; the drop itself stays in its bucket.

    Returns:
        the names of what was removed.

    Raises:
        Mistake: there is nothing of that name, or the endpoint does not settle.
        ModelRejected: the name cannot be a model's.
    """
    check_name(model)
    sagemaker = session.client("sagemaker")
    endpoint = endpoint_name(prefix, model)
    removed = _delete_endpoint(sagemaker, endpoint, say)
    for config in list(_configs(sagemaker, endpoint)):
        sagemaker.delete_endpoint_config(EndpointConfigName=config)
        removed.append(f"endpoint config {config}")
    for name in list(_models(sagemaker, endpoint)):
        sagemaker.delete_model(ModelName=name)
        removed.append(f"model {name}")
    removed += _delete_files(session.client("s3"), artifact_bucket, f"{model}/")
    if not removed:
        raise Mistake(f"There is no model {model} here: no endpoint {endpoint}, and no files.")
    return removed


def _delete_endpoint(
    sagemaker: SageMakerClient, endpoint: str, say: Callable[[str], None]
) -> list[str]:
    status = _settled_status(sagemaker, endpoint, say)
    if status is None:
        return []
    sagemaker.delete_endpoint(EndpointName=endpoint)
    if _settled_status(sagemaker, endpoint, say) is not None:
        raise Mistake(f"The endpoint {endpoint} is still there: somebody deploys to it. Try again.")
    return [f"endpoint {endpoint}"]


def _settled_status(
    sagemaker: SageMakerClient, endpoint: str, say: Callable[[str], None]
) -> str | None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    told = ""
    while time.monotonic() < deadline:
        status = _status(sagemaker, endpoint)
        if status not in IN_TRANSITION:
            return status
        if status != told:
            say(f"The endpoint {endpoint} is {status}; waiting")
        told = status
        time.sleep(LOOK_SECONDS)
    raise Mistake(f"The endpoint {endpoint} is still {told}, and cannot be deleted. Try later.")


def _status(sagemaker: SageMakerClient, endpoint: str) -> str | None:
    try:
        return sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"]
    except ClientError as error:
        # SageMaker has no code of its own for what is missing, only this text.
        if "Could not find endpoint" in error.response["Error"].get("Message", ""):
            return None
        raise


def _configs(sagemaker: SageMakerClient, endpoint: str) -> Iterator[str]:
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(NameContains=endpoint)
    for page in pages:
        for found in page["EndpointConfigs"]:
            if version_in(endpoint, found["EndpointConfigName"]):
                yield found["EndpointConfigName"]


def _models(sagemaker: SageMakerClient, endpoint: str) -> Iterator[str]:
    for page in sagemaker.get_paginator("list_models").paginate(NameContains=endpoint):
        for found in page["Models"]:
            if version_in(endpoint, found["ModelName"]):
                yield found["ModelName"]


def _delete_files(s3: S3Client, bucket: str, prefix: str) -> list[str]:
    removed = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=found["Key"])
            removed.append(f"s3://{bucket}/{found['Key']}")
    return removed
