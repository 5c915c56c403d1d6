"""One file of the golden sample."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """Its name tells what it holds."""

    name: str
    content: bytes
