"""Stores a drop's golden sample with the version, in the state that Inspect Model saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.aws.clients import s3
from workflow.drop.source_object import pin, sidecar_source, source_unchanged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_packager.stored import Source
    from workflow.contracts.deploy_model import Sidecar


def keep_sample(source: Source, sample: Sequence[Sidecar], bucket: str, prefix: str) -> None:
    """Copy the files within S3.

    Raises:
        SourceChanged: one of them is no longer in that state.
    """
    for sidecar in sample:
        original = sidecar_source(source, sidecar)
        pinned = pin(original)
        with source_unchanged(original):
            s3().copy_object(
                Bucket=bucket,
                Key=prefix + sidecar.name,
                CopySource={"Bucket": pinned["Bucket"], "Key": pinned["Key"]},
                CopySourceIfMatch=pinned["IfMatch"],
                TaggingDirective="REPLACE",  # copying the tags would need s3:GetObjectTagging
            )
