"""Whether a model serves with this very spec already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names import holds_the_same
from workflow.drop.spec_text import read_spec_text
from workflow.versions.live_version import live_version

if TYPE_CHECKING:
    from model_packager.stored import Source


def serves_already(endpoint: str, source: Source) -> bool:
    """Tell whether what is live was made of the same model and deploy.yaml."""
    live = live_version(endpoint)
    return live is not None and holds_the_same(live, source.etag, read_spec_text(source) or "")
