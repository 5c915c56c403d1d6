"""Removing a version that no endpoint uses: config, model, files, in this order."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names import artifact_prefix
from workflow.aws_errors import does_not_exist
from workflow.clients import s3, sagemaker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow.contracts import Deployment


def remove_version(name: str, bucket: str, deployment: Deployment) -> None:
    """Delete what the version made. Removing what is gone already is no error."""
    with _absence_is_fine():
        sagemaker().delete_endpoint_config(EndpointConfigName=name)
    with _absence_is_fine():
        sagemaker().delete_model(ModelName=name)
    _remove_files(bucket, artifact_prefix(deployment.model, deployment.version))


def _remove_files(bucket: str, prefix: str) -> None:
    pages = s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for found in page.get("Contents", []):
            s3().delete_object(Bucket=bucket, Key=found["Key"])


@contextmanager
def _absence_is_fine() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if not does_not_exist(error):
            raise
