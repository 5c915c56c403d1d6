"""The picture that the smoke test has sent, where it was one and is still there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.golden_sample import FOLDER, PICTURE_SUFFIXES
from model_packager.names import artifact_prefix
from workflow.aws.clients import s3
from workflow.drop.sample_files import choose, list_sample
from write_report.thumbnail import thumbnail

if TYPE_CHECKING:
    from model_packager.stored import Deployment


def sample_picture(bucket: str, deployment: Deployment) -> str | None:
    """Give its thumbnail as a data URI. After a roll back the version's files are gone."""
    prefix = artifact_prefix(deployment.model, deployment.version)
    asked, _expected = choose(list_sample(bucket, prefix))
    if asked is None or not asked.endswith(PICTURE_SUFFIXES):
        return None
    body = s3().get_object(Bucket=bucket, Key=prefix + FOLDER + asked)["Body"]
    return thumbnail(body.read())
