"""What was dropped, by its content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from workflow.source_object import open_source

if TYPE_CHECKING:
    from workflow.contracts import Source


_CHUNK_BYTES = 1024 * 1024


def sha256(source: Source) -> str:
    """Read the dropped object once, and give its SHA-256 in hex; raises SourceChanged."""
    digest, file = hashlib.sha256(), open_source(source)
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
