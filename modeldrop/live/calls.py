"""The facts that a client needs to call a live model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.client_code.call import Call, takes_picture

if TYPE_CHECKING:
    from boto3 import Session

    from modeldrop.live.live_model import LiveModel


def call_of(session: Session, live: LiveModel, artifact_bucket: str) -> Call:
    """Return the call of a live version."""
    picture = live.smoke_test.picture
    sample = None if live.sample is None else live.sample.name
    return Call(
        model=live.model,
        endpoint=live.endpoint,
        region=session.region_name,
        url=session.client("sagemaker-runtime").meta.endpoint_url,
        signature=live.signature,
        picture=picture if takes_picture(live.signature, picture, sample) else None,
        has_labels=live.has_labels,
        hosting=live.hosting,
        artifact_bucket=artifact_bucket,
        s3_url=session.client("s3").meta.endpoint_url,
    )
