"""The model repository as plain objects under a prefix: the model is copied within S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.formats.registry import format_of
from model_packager.repository.layout import (
    config_path,
    labels_path,
    model_path,
    weights_path,
)
from package_model.copy import copy_source
from package_model.labels import read_labels
from package_model.stored_object import checksum_of, object_exists
from workflow.aws.clients import s3
from workflow.drop.source_object import sidecar_source, source_size

if TYPE_CHECKING:
    from model_packager.stored import Checksum
    from workflow.contracts.deploy_model import PackageModelInput


def lay_out(event: PackageModelInput, bucket: str, prefix: str) -> Checksum | None:
    """Copy the model and its weights, then write labels and, last, config.pbtxt.

    Args:
        event: the step's input.
        bucket: the artifact bucket.
        prefix: the prefix of the repository's keys, with a slash at the end.

    Returns:
        The checksum of the model, which S3 computed for the copy.

    Raises:
        SourceChanged: the model or a weight file is no longer in its dropped state.
    """
    model, source = event.deployment.model, event.source
    path = str(format_of(source.key).path)
    model_key = prefix + model_path(model, path)
    config_key = prefix + config_path(model)
    if not object_exists(bucket, config_key):
        size = source_size(source)
        labels = read_labels(source, size, event.labels) if event.has_labels else None
        for sidecar in event.weights:
            weights = sidecar_source(source, sidecar)
            key = prefix + model_path(model, weights_path(path, sidecar.name))
            copy_source(weights, source_size(weights), bucket, key)
        copy_source(source, size, bucket, model_key)
        if labels is not None:
            s3().put_object(Bucket=bucket, Key=prefix + labels_path(model), Body=labels)
        s3().put_object(Bucket=bucket, Key=config_key, Body=event.config_pbtxt.encode())
    return checksum_of({"Bucket": bucket, "Key": model_key})
