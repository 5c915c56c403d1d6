"""Checks whether the live version already has this model and spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names import holds_the_same
from workflow.drop.spec_text import read_spec_text
from workflow.versions.live_version import live_version

if TYPE_CHECKING:
    from model_packager.stored import Source


def is_unchanged(endpoint: str, model: str, source: Source) -> bool:
    """Return whether the live version was built from the same model and deploy.yaml."""
    live = live_version(endpoint, model)
    return live is not None and holds_the_same(live, source.etag, read_spec_text(source) or "")
