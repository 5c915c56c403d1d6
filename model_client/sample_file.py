"""A file of the golden sample."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """A file name, whose suffix is the format, and the file's content."""

    name: str
    content: bytes
