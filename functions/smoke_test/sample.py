"""Reads the golden sample that Package Model stored with the version."""

from __future__ import annotations

from dataclasses import dataclass

from model_client.sample_file import File
from model_packager.golden_sample import FOLDER
from workflow.aws.clients import s3
from workflow.drop.sample_files import choose, list_sample


@dataclass(frozen=True)
class Sample:
    """The golden sample. Both fields are None if the drop had none."""

    input: File | None
    expected: File | None


def read_sample(bucket: str, prefix: str) -> Sample:
    """Read the sample under the version's key prefix in the artifact bucket."""
    input_name, expected_name = choose(list_sample(bucket, prefix))
    return Sample(
        input=_read(bucket, prefix, input_name), expected=_read(bucket, prefix, expected_name)
    )


def _read(bucket: str, prefix: str, name: str | None) -> File | None:
    if name is None:
        return None
    body = s3().get_object(Bucket=bucket, Key=prefix + FOLDER + name)["Body"]
    return File(name=FOLDER + name, content=body.read())
