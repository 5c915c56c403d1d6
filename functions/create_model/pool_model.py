"""The SageMaker model that all models of a pool share: a prefix of archives, and one image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.errors import ModelRejected

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeModelOutputTypeDef

    from workflow.contracts.deploy_model import CreateModelInput


def pool_uri(event: CreateModelInput) -> str:
    """Return the S3 URI of the pool's archives, from that of the version's archive."""
    return event.artifact_uri.removesuffix(event.deployment.target_model or "")


def require_same_image(existing: DescribeModelOutputTypeDef, event: CreateModelInput) -> None:
    """Return if the pool has the image that the model was inspected for.

    Raises:
        ModelRejected: the stack has changed its Triton release since the pool was created.
    """
    running = existing["PrimaryContainer"]["Image"]
    if running != event.hosting.image:
        pool = event.deployment.pool
        raise ModelRejected(
            f"The pool {pool} runs the image {running}, but the stack now uses "
            f"{event.hosting.image}.",
            "Name a new pool in deploy.yaml. Or retire all models of the pool, then upload them "
            "again.",
        )
