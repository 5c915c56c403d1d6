"""The golden sample beside a model: `sample/input.*` and, optionally, `sample/expected.*`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.clients import s3
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from workflow.contracts import Source

INPUT_FILES = ("input.npy", "input.npz", "input.png", "input.jpg", "input.jpeg")
EXPECTED_FILES = ("expected.npy", "expected.npz", "expected.json")
SIZE_LIMIT = 64 * 1024 * 1024
"""A request holds 6 MiB, so a sample of this size cannot be meant."""


@dataclass(frozen=True)
class File:
    """One file of the sample."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Sample:
    """Both are None where the drop has no sample."""

    input: File | None
    expected: File | None


def read_sample(source: Source) -> Sample:
    """Read the sample of a drop.

    Raises:
        SmokeTestFailed: an answer is expected to no question, a file's name is not known, or one is
            too large.
    """
    folder = source.key.rpartition("/")[0]
    prefix = f"{folder}/sample/" if folder else "sample/"
    listed = s3().list_objects_v2(Bucket=source.bucket, Prefix=prefix, MaxKeys=100)
    sizes = {
        found["Key"].removeprefix(prefix): found["Size"] for found in listed.get("Contents", [])
    }
    asked = choose(sizes, "input", INPUT_FILES)
    expected = choose(sizes, "expected", EXPECTED_FILES)
    if expected and not asked:
        raise SmokeTestFailed(
            f"The folder sample/ holds {expected} and no input: an answer to no question.",
            f"Add one of {', '.join(INPUT_FILES)} to sample/, then drop the model again.",
        )
    return Sample(
        input=_read(source.bucket, prefix, asked), expected=_read(source.bucket, prefix, expected)
    )


def choose(sizes: dict[str, int], stem: str, known: tuple[str, ...]) -> str | None:
    """Choose the one file with the stem; None where there is none.

    Args:
        sizes: file names to their sizes in bytes.
        stem: `input` or `expected`.
        known: the file names that can be read.
    """
    names = [name for name in sizes if name.rpartition(".")[0] == stem]
    if not names:
        return None
    if len(names) > 1 or names[0] not in known:
        raise SmokeTestFailed(
            f"The folder sample/ holds {', '.join(sorted(names))}; one of {', '.join(known)} was "
            "expected.",
            "Leave exactly one of these in sample/, then drop the model again.",
        )
    if sizes[names[0]] > SIZE_LIMIT:
        raise SmokeTestFailed(
            f"sample/{names[0]} has {sizes[names[0]]:,} bytes; at most {SIZE_LIMIT:,} are read.",
            "Use a smaller sample, then drop the model again.",
        )
    return names[0]


def _read(bucket: str, prefix: str, name: str | None) -> File | None:
    if name is None:
        return None
    body = s3().get_object(Bucket=bucket, Key=prefix + name)["Body"]
    return File(name=f"sample/{name}", content=body.read())
