"""Checks which endpoint configs may have a shadow variant. The messages are ours.

Sources: botocore's model ("you can only specify one variant for ProductionVariants and one variant
for ShadowProductionVariants"); SageMaker's developer guide, "Shadow tests", page "Exclusions".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modeldrop.local.sagemaker.errors import invalid

Variant = dict[str, Any]


def check_shadow_variants(
    request: dict[str, Any], serves_several: Callable[[Variant], bool]
) -> None:
    """Check the ShadowProductionVariants of CreateEndpointConfig.

    Args:
        request: the CreateEndpointConfig request.
        serves_several: returns whether a variant's model is a multi-model container.

    Raises:
        ApiError: SageMaker excludes the combination.
    """
    shadows = request.get("ShadowProductionVariants")
    if shadows is None:
        return
    production = request["ProductionVariants"]
    if len(production) != 1 or len(shadows) != 1:
        raise invalid(
            "An endpoint configuration with a shadow variant has exactly one production variant "
            "and one shadow variant."
        )
    if "AsyncInferenceConfig" in request:
        raise invalid("Shadow variants are not supported for asynchronous endpoints.")
    for each in (*production, *shadows):
        if "ServerlessConfig" in each:
            raise invalid("Shadow variants are not supported for serverless endpoints.")
        if "ModelName" in each and serves_several(each):
            raise invalid("Shadow variants are not supported for multi-model endpoints.")
        if each.get("InstanceType", "").startswith("ml.inf1."):
            raise invalid("Shadow variants are not supported for Inf1 instances.")
        if "AcceleratorType" in each:
            raise invalid("Shadow variants are not supported with Elastic Inference.")
