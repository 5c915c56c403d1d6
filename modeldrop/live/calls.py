"""What a client has to know to call a live model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.client_code.call import Call, takes_picture
from modeldrop.errors import UsageError

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
        pool_bucket=artifact_bucket if live.hosting.is_pool else None,
    )


def call_to(session: Session, live: LiveModel, artifact_bucket: str) -> Call:
    """Return the call of a live version, for a program that a snippet prints.

    Raises:
        UsageError: the endpoint is asynchronous.
    """
    if live.hosting.is_async:
        raise UsageError(
            f"The endpoint of {live.model} is asynchronous; snippet has code for real-time "
            "endpoints. docs/hosting.md has a Python program for asynchronous endpoints."
        )
    return call_of(session, live, artifact_bucket)
