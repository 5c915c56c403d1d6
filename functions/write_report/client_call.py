"""How a client calls the version that this execution deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.client_code.call import Call, takes_picture
from workflow.aws.clients import s3, sagemaker_runtime

if TYPE_CHECKING:
    from workflow.contracts.deploy_model import Ending


def client_call(ending: Ending, artifact_bucket: str) -> Call | None:
    """Return the call, or None if the execution ended before the smoke test."""
    servable, deployment, smoke = ending.servable, ending.deployment, ending.smoke
    if servable is None or deployment is None or smoke is None:
        return None
    runtime = sagemaker_runtime().meta
    picture = servable.spec.smoke_test.picture
    return Call(
        model=deployment.model,
        endpoint=deployment.endpoint,
        region=runtime.region_name,
        url=runtime.endpoint_url,
        signature=servable.signature,
        picture=picture if takes_picture(servable.signature, picture, smoke.input) else None,
        has_labels=servable.has_labels,
        hosting=servable.spec.hosting,
        artifact_bucket=artifact_bucket,
        s3_url=s3().meta.endpoint_url,
    )
