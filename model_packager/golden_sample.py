"""File names of the golden sample, in a drop and in a stored version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.rejection import ModelRejected

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "sample/"
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
PICTURE_FORMATS = ("PNG", "JPEG")
"""Pillow's names of the formats. Each of its other readers would be another target for hostile
files."""

INPUT_SUFFIXES = (".npy", ".npz", ".json", *PICTURE_SUFFIXES)
INPUT_FILES = tuple(f"input{suffix}" for suffix in INPUT_SUFFIXES)
EXPECTED_FILES = ("expected.npy", "expected.npz", "expected.json")
SIZE_LIMIT = 64 * 1024 * 1024
"""A real-time request has up to 6 MiB, an asynchronous request of the smoke test up to 64 MiB."""

JSON_SIZE_LIMIT = 1024 * 1024
"""The limit for input.json and expected.json: short lists need twenty times as much memory."""


def choose(sizes: Mapping[str, int]) -> tuple[str | None, str | None]:
    """Choose the input and the expected output; None for a missing one.

    Args:
        sizes: the size in bytes of each file in the folder, by name.

    Raises:
        ModelRejected: there is an expected output without an input, an unknown file name, or a file
            that is too large.
    """
    input_file = _choose(sizes, "input", INPUT_FILES)
    expected = _choose(sizes, "expected", EXPECTED_FILES)
    if expected and not input_file:
        raise ModelRejected(
            f"The folder sample/ contains {expected}, but no input.",
            f"Add one of {', '.join(INPUT_FILES)} to sample/, then upload the model again.",
        )
    return input_file, expected


def _choose(sizes: Mapping[str, int], stem: str, known: tuple[str, ...]) -> str | None:
    names = [name for name in sizes if name.rpartition(".")[0] == stem]
    if not names:
        return None
    if len(names) > 1 or names[0] not in known:
        raise ModelRejected(
            f"The folder sample/ contains {', '.join(sorted(names))}; one of {', '.join(known)} "
            "was expected.",
            "Leave exactly one of these in sample/, then upload the model again.",
        )
    limit = JSON_SIZE_LIMIT if names[0].endswith(".json") else SIZE_LIMIT
    if sizes[names[0]] > limit:
        raise ModelRejected(
            f"sample/{names[0]} has {sizes[names[0]]:,} bytes; at most {limit:,} are read.",
            "Use a smaller sample, then upload the model again.",
        )
    return names[0]
