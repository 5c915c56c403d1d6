"""The golden sample that Package Model has kept with the version."""

from __future__ import annotations

from dataclasses import dataclass

from model_client.sample_file import File
from model_packager.golden_sample import FOLDER
from workflow.aws.clients import s3
from workflow.drop.sample_files import choose, list_sample


@dataclass(frozen=True)
class Sample:
    """Both are None where the drop had no sample."""

    input: File | None
    expected: File | None


def read_sample(bucket: str, prefix: str) -> Sample:
    """Read the sample under a version's key prefix in the artifact bucket."""
    asked, expected = choose(list_sample(bucket, prefix))
    return Sample(input=_read(bucket, prefix, asked), expected=_read(bucket, prefix, expected))


def _read(bucket: str, prefix: str, name: str | None) -> File | None:
    if name is None:
        return None
    body = s3().get_object(Bucket=bucket, Key=prefix + FOLDER + name)["Body"]
    return File(name=FOLDER + name, content=body.read())
