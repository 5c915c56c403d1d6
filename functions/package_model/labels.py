"""The class labels of a model: beside it, or inside its archive."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from model_packager.repository import LABELS_FILE
from model_packager.torchscript import read_torchscript
from workflow.source_object import SourceReader, read_beside

if TYPE_CHECKING:
    from workflow.contracts import Source


def read_labels(source: Source, size: int) -> bytes | None:
    """Read labels.txt, one class a line; the file beside the model wins. None where none is."""
    beside = read_beside(source, LABELS_FILE)
    if beside is not None:
        return beside
    return read_torchscript(io.BufferedReader(SourceReader(source, size))).labels
