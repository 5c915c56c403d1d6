"""Finds the model next to a deploy.yaml in the drop bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.model_files import MODEL_FILES
from model_packager.names.drop import drop_folder
from model_packager.stored import Source
from workflow.aws.s3_object import head_object

if TYPE_CHECKING:
    from datetime import datetime


def sibling_model(spec: Source, event_time: datetime) -> Source | None:
    """Return the newest model in the folder at the time of the deploy.yaml's event.

    None if there is no model, or if it was uploaded later, because its own drop uses the spec.
    """
    keys = [drop_folder(spec.key) + name for name in MODEL_FILES]
    heads = {key: head for key in keys if (head := head_object(spec.bucket, key))}
    if not heads:
        return None
    key, newest = max(heads.items(), key=lambda each: each[1]["LastModified"])
    # LastModified has whole seconds (RFC 9110, 8.8.2); an event's time may have fractions.
    if newest["LastModified"] >= event_time.replace(microsecond=0):
        return None
    return Source(
        bucket=spec.bucket,
        key=key,
        etag=newest["ETag"].strip('"'),
        version_id=newest.get("VersionId"),
        dropped_by=spec.dropped_by,
    )
