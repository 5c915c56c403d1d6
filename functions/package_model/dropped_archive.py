"""Copies a model repository that was dropped as an archive, without changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from package_model.copy import copy_source
from package_model.stored_object import checksum_of, object_exists
from workflow.drop.source_object import source_size

if TYPE_CHECKING:
    from model_packager.stored import Checksum, Source


def pass_on(source: Source, bucket: str, key: str) -> Checksum | None:
    """Copy the archive within S3, unless the copy exists; raises SourceChanged."""
    if not object_exists(bucket, key):
        copy_source(source, source_size(source), bucket, key)
    return checksum_of({"Bucket": bucket, "Key": key})
