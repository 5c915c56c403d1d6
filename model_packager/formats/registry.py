"""The registered formats; `model_files.FORMAT_PATHS` is the list."""

import pkgutil
from typing import BinaryIO

from model_packager.formats.base import ModelFormat
from model_packager.model_files import FORMAT_PATHS, MODEL_FILES


def format_of(key: str) -> ModelFormat:
    """Return the format of a dropped object by its key, which `names.model_name` must accept."""
    model_format: ModelFormat = pkgutil.resolve_name(FORMAT_PATHS[key.rpartition("/")[2]])
    return model_format


def all_formats() -> tuple[ModelFormat, ...]:
    """Return every format, in the order of the registry."""
    return tuple(format_of(name) for name in MODEL_FILES)


def other_format(file: BinaryIO, expected: ModelFormat) -> ModelFormat | None:
    """Return the format of a file if it clearly differs from its name's format.

    Args:
        file: the seekable file.
        expected: the format that the object name stands for.
    """
    other = next((each for each in all_formats() if each.recognizes(file)), None)
    return None if other is None or expected.recognizes(file) else other
