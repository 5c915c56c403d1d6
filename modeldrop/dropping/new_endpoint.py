"""Describes the first drop of a name, which creates an endpoint that costs money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.endpoint import endpoint_name, pool_endpoint_name
from model_packager.sagemaker.price import price_of
from modeldrop.dropping.live_folder import live_key
from modeldrop.model_names import listable_names, similar_name
from modeldrop.stack.prices import known_prices

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from model_packager.inspection import Inspection
    from modeldrop.stack.parameters import StackParameters


def is_new(s3: S3Client, artifact_bucket: str, model: str) -> bool:
    """Return whether the stack has no version of the model; False if the user may not list any."""
    names = listable_names(s3, artifact_bucket)
    return names is not None and model not in names


def similar_live_model(s3: S3Client, artifact_bucket: str, model: str) -> str | None:
    """Return a live model whose name is similar; None if there is none."""
    similar = similar_name(model, listable_names(s3, artifact_bucket) or [])
    return similar if similar and live_key(s3, artifact_bucket, similar) else None


def described(model: str, inspection: Inspection, stack: StackParameters) -> str:
    """Describe the new endpoint, with its price and the price's source if they are known."""
    hosting, _ = inspection.hosting(stack.defaults())
    price = price_of(hosting, known_prices(stack))
    cost = f", {price.hour} an hour ({price.source})" if price else ""
    joined = ", " if hosting.serverless else " on "
    if hosting.pool is not None:
        endpoint = pool_endpoint_name(stack.values["EndpointPrefix"], hosting.pool)
        return f"The pool's endpoint {endpoint} on {hosting.capacity}{cost}, for all its models"
    endpoint = endpoint_name(stack.values["EndpointPrefix"], model)
    return f"New endpoint {endpoint}{joined}{hosting.capacity}{cost}"
