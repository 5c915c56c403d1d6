"""Removes a version that no endpoint uses: its config, model, alarms and files, in this order."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names.artifact import artifact_prefix
from model_packager.names.endpoint import is_shadow_config, resource_name, shadow_config_name
from workflow.aws.alarm_removal import remove_alarms
from workflow.aws.aws_errors import does_not_exist
from workflow.aws.clients import s3, sagemaker
from workflow.versions.ownership import config_tags

if TYPE_CHECKING:
    from collections.abc import Iterator


def remove_version(bucket: str, model: str, endpoint: str, version: str) -> None:
    """Delete all resources of the version; idempotent."""
    name = resource_name(endpoint, version)
    remove_hosting(name)
    remove_config(shadow_config_name(endpoint, version))
    remove_alarms(name)
    remove_files(bucket, artifact_prefix(model, version))


def remove_hosting(name: str) -> None:
    """Delete the endpoint config and the SageMaker model of a version."""
    remove_config(name)
    with _ignore_missing():
        sagemaker().delete_model(ModelName=name)


def remove_config(name: str) -> None:
    """Delete the endpoint config of a version."""
    with _ignore_missing():
        sagemaker().delete_endpoint_config(EndpointConfigName=name)


def remove_shadow_configs(endpoint: str, execution_arn: str) -> None:
    """Delete the shadow configs of an execution. The endpoint must no longer run them."""
    pages = sagemaker().get_paginator("list_endpoint_configs").paginate(NameContains=endpoint)
    for name in [each["EndpointConfigName"] for page in pages for each in page["EndpointConfigs"]]:
        tags = config_tags(name) if is_shadow_config(endpoint, name) else None
        if tags is not None and tags.execution_arn == execution_arn:
            remove_config(name)


def remove_files(bucket: str, prefix: str) -> None:
    """Delete every object under a key prefix, including objects written in the meantime."""
    while keys := _keys(bucket, prefix):
        for key in keys:
            s3().delete_object(Bucket=bucket, Key=key)


def _keys(bucket: str, prefix: str) -> list[str]:
    pages = s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [each["Key"] for page in pages for each in page.get("Contents", [])]


@contextmanager
def _ignore_missing() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if not does_not_exist(error):
            raise
