"""The golden sample's files: `sample/input.*` and, optionally, `sample/expected.*`.

Inspect Model checks a drop's sample, and Package Model stores it with the version. A version that
is restored a month later is tested with its own sample, not with the latest one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager import golden_sample
from model_packager.golden_sample import FOLDER
from workflow.aws.clients import s3

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectTypeDef

Listed = dict[str, "ObjectTypeDef"]
"""S3's description of each file, by its name in the folder."""


def list_sample(bucket: str, prefix: str) -> Listed:
    """List the inputs and expected outputs in the folder sample/, but no other files in it.

    Args:
        bucket: the bucket.
        prefix: the key prefix of the folder, which is empty or ends with a slash.
    """
    folder = prefix + FOLDER
    listings = (
        s3().list_objects_v2(Bucket=bucket, Prefix=f"{folder}{stem}.", MaxKeys=100)
        for stem in ("input", "expected")
    )
    return {
        each["Key"].removeprefix(folder): each
        for listing in listings
        for each in listing.get("Contents", [])
    }


def choose(listed: Listed) -> tuple[str | None, str | None]:
    """Choose the input and the expected output, as model_packager.golden_sample does."""
    return golden_sample.choose({name: each["Size"] for name, each in listed.items()})
