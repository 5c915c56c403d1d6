"""The picture that the smoke test sent, if the sample is a picture and still exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.golden_sample import FOLDER, PICTURE_SUFFIXES
from model_packager.names.artifact import artifact_prefix
from workflow.aws.clients import s3
from workflow.drop.sample_files import choose, list_sample
from write_report.thumbnail import thumbnail

if TYPE_CHECKING:
    from model_packager.stored import Deployment


def sample_picture(bucket: str, deployment: Deployment) -> str | None:
    """Return its thumbnail as a data URI. A rollback deletes the version's files."""
    prefix = artifact_prefix(deployment.model, deployment.version)
    sample, _expected = choose(list_sample(bucket, prefix))
    if sample is None or not sample.endswith(PICTURE_SUFFIXES):
        return None
    body = s3().get_object(Bucket=bucket, Key=prefix + FOLDER + sample)["Body"]
    return thumbnail(body.read())
