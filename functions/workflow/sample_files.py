"""The golden sample's files: `sample/input.*` and, optionally, `sample/expected.*`.

A drop's sample is looked at by Inspect Model, and kept with the version by Package Model: a version
that is restored a month later is tested against its own sample, not against the latest one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.golden_sample import EXPECTED_FILES, FOLDER, INPUT_FILES, SIZE_LIMIT
from model_packager.rejection import ModelRejected
from workflow.clients import s3

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectTypeDef

Listed = dict[str, "ObjectTypeDef"]
"""S3's description of each file, by its name in the folder."""


def list_sample(bucket: str, prefix: str) -> Listed:
    """List the folder sample/ under a key prefix that is empty or ends with a slash."""
    folder = prefix + FOLDER
    found = s3().list_objects_v2(Bucket=bucket, Prefix=folder, MaxKeys=100)
    return {each["Key"].removeprefix(folder): each for each in found.get("Contents", [])}


def choose(listed: Listed) -> tuple[str | None, str | None]:
    """Choose the input and what is expected of it; None for each that is not there.

    Raises:
        ModelRejected: an answer is expected to no question, a file's name is not known, or one is
            too large.
    """
    asked = _choose(listed, "input", INPUT_FILES)
    expected = _choose(listed, "expected", EXPECTED_FILES)
    if expected and not asked:
        raise ModelRejected(
            f"The folder sample/ holds {expected} and no input: an answer to no question.",
            f"Add one of {', '.join(INPUT_FILES)} to sample/, then drop the model again.",
        )
    return asked, expected


def _choose(listed: Listed, stem: str, known: tuple[str, ...]) -> str | None:
    names = [name for name in listed if name.rpartition(".")[0] == stem]
    if not names:
        return None
    if len(names) > 1 or names[0] not in known:
        raise ModelRejected(
            f"The folder sample/ holds {', '.join(sorted(names))}; one of {', '.join(known)} was "
            "expected.",
            "Leave exactly one of these in sample/, then drop the model again.",
        )
    size = listed[names[0]]["Size"]
    if size > SIZE_LIMIT:
        raise ModelRejected(
            f"sample/{names[0]} has {size:,} bytes; at most {SIZE_LIMIT:,} are read.",
            "Use a smaller sample, then drop the model again.",
        )
    return names[0]
