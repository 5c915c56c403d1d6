"""The class labels of a model, from its folder or from its archive."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from model_packager.formats.registry import format_of
from model_packager.names.drop import model_name
from workflow.drop.source_object import SourceReader, read_sidecar

if TYPE_CHECKING:
    from model_packager.stored import Source
    from workflow.contracts.deploy_model import Sidecar


def read_labels(source: Source, size: int, sidecar: Sidecar | None) -> bytes | None:
    """Read labels.txt, one class per line; the sibling object wins. None if there is none."""
    if sidecar is not None:
        return read_sidecar(source, sidecar)
    file = io.BufferedReader(SourceReader(source, size))
    return format_of(source.key).read(file, model_name(source.key)).labels
