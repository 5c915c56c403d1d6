"""The model that lies beside a deploy.yaml in the drop bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.model_files import MODEL_FILES
from model_packager.names import drop_folder
from model_packager.stored import Source
from workflow.drop.source_object import head_object

if TYPE_CHECKING:
    from datetime import datetime


def neighbour(spec: Source, event_time: datetime) -> Source | None:
    """Give the newest model in the folder, as it was when the deploy.yaml came.

    None where there is none, or where it came later: then its own drop has the spec in hand.
    """
    keys = [drop_folder(spec.key) + name for name in MODEL_FILES]
    heads = {key: head for key in keys if (head := head_object(spec.bucket, key))}
    if not heads:
        return None
    key, newest = max(heads.items(), key=lambda each: each[1]["LastModified"])
    # LastModified is in whole seconds (RFC 9110, 8.8.2), and an event's time need not be.
    if newest["LastModified"] >= event_time.replace(microsecond=0):
        return None
    return Source(
        bucket=spec.bucket,
        key=key,
        etag=newest["ETag"].strip('"'),
        version_id=newest.get("VersionId"),
    )
