"""Whether a command can write the file that it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def check_output(file: Path, *, source: Path | None = None) -> None:
    """Refuse a place that cannot be written, before any work is done for it.

    Args:
        file: what is to be written; it may be there already.
        source: what is read meanwhile, and must not be overwritten.

    Raises:
        UsageError: it cannot, or must not, be written.
    """
    if not file.parent.is_dir():
        raise UsageError(f"There is no folder {file.parent} to write {file.name} into.")
    if file.is_dir():
        raise UsageError(f"{file} is a folder; name a file in it.")
    if source is not None and file.exists() and file.samefile(source):
        raise UsageError(f"{file} is the model itself; write the output elsewhere.")
