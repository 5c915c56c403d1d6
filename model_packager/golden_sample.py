"""File names of the golden sample, in a drop and in a stored version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.rejection import ModelRejected

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "sample/"
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
PICTURE_FORMATS = ("PNG", "JPEG")
"""Pillow's names. No others: each of its many readers is a door for a hostile file."""

INPUT_SUFFIXES = (".npy", ".npz", ".json", *PICTURE_SUFFIXES)
INPUT_FILES = tuple(f"input{suffix}" for suffix in INPUT_SUFFIXES)
EXPECTED_FILES = ("expected.npy", "expected.npz", "expected.json")
SIZE_LIMIT = 64 * 1024 * 1024
"""A real-time request holds 6 MiB, and an asynchronous request of the smoke test 64 MiB."""

JSON_SIZE_LIMIT = 1024 * 1024
"""Of input.json and expected.json: Python needs twenty times as much memory for short lists."""


def choose(sizes: Mapping[str, int]) -> tuple[str | None, str | None]:
    """Choose the input and what is expected of it; None for each that is not there.

    Args:
        sizes: bytes of each file of the folder, by its name.

    Raises:
        ModelRejected: an answer is expected to no question, a file's name is not known, or one is
            too large.
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
