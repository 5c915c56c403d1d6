"""Adds the uploader and the commit to the source, from the metadata of the dropped object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.executions.upload_metadata import caller_in, commit_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_packager.stored import Source


def with_uploader(source: Source, metadata: Mapping[str, str], *, redeploying: bool) -> Source:
    """Return the source with its uploader and commit, if they are known.

    Args:
        source: the dropped object; `dropped_by` is the account in S3's event.
        metadata: the metadata of the dropped object.
        redeploying: whether only a deploy.yaml was uploaded, perhaps by somebody else.
    """
    caller = None if redeploying else caller_in(metadata, source.dropped_by)
    return source.model_copy(
        update={
            "dropped_by": caller or source.dropped_by,
            "git_commit": commit_in(metadata),
        }
    )
