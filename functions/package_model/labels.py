"""The class labels of a model: beside it, or inside its archive."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from model_packager.formats import format_of
from model_packager.names import model_name
from model_packager.repository import LABELS_FILE
from workflow.source_object import SourceReader, read_beside

if TYPE_CHECKING:
    from workflow.contracts import Source


def read_labels(source: Source, size: int) -> bytes | None:
    """Read labels.txt, one class a line; the file beside the model wins. None where none is."""
    beside = read_beside(source, LABELS_FILE)
    if beside is not None:
        return beside
    file = io.BufferedReader(SourceReader(source, size))
    return format_of(source.key).read(file, model_name(source.key)).labels
