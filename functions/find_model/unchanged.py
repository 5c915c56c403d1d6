"""Checks whether the live version already has this model and spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.endpoint import resource_name
from model_packager.names.version import content_of
from workflow.drop.spec_text import read_spec_text
from workflow.versions.live_version import live_version
from workflow.versions.ownership import config_tags

if TYPE_CHECKING:
    from model_packager.stored import Source


def is_unchanged(endpoint: str, model: str, source: Source) -> bool:
    """Return whether the live version was built from the same model and deploy.yaml."""
    live = live_version(endpoint, model)
    tags = config_tags(resource_name(endpoint, live)) if live else None
    content = content_of(source.etag, read_spec_text(source) or "")
    return tags is not None and tags.content == content
