"""Checks of an output file before a command starts its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def check_output(file: Path, *, source: Path | None = None) -> None:
    """Check that a command can write its output.

    Args:
        file: the output, which may exist.
        source: the input, which the command must not overwrite.

    Raises:
        UsageError: the folder does not exist, or the file is a folder or the input.
    """
    if not file.parent.is_dir():
        raise UsageError(f"No such folder: {file.parent}")
    if file.is_dir():
        raise UsageError(f"{file} is a folder.", "Name a file.")
    if source is not None and file.exists() and file.samefile(source):
        raise UsageError(f"{file} is the input.", "Name another output file.")
