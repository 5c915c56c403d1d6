"""The deploy.yaml of a model, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.drop import SPEC_FILE
from model_packager.spec.sidecar_file import spec_text
from workflow.drop.source_object import read_sibling

if TYPE_CHECKING:
    from model_packager.stored import Source


def read_spec_text(source: Source) -> str | None:
    """Read deploy.yaml; None if it does not exist.

    Raises:
        SpecRejected: it is too long, or not UTF-8 text.
    """
    content = read_sibling(source, SPEC_FILE)
    return None if content is None else spec_text(content)
