"""The fallback instance types, for when AWS has no capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.errors import EndpointFailed

if TYPE_CHECKING:
    from model_packager.spec.hosting_spec import Endpoint


def next_instance_type(endpoint: Endpoint, tried: str) -> str:
    """Return the instance type after the one that was tried.

    Raises:
        EndpointFailed: there is no further type.
    """
    fallbacks = endpoint.fallback_instance_types
    if not fallbacks or tried == fallbacks[-1]:
        raise EndpointFailed(
            f"AWS has no capacity for {tried}"
            + (", the last of the instance types that deploy.yaml allows." if fallbacks else "."),
            "Add instance types to endpoint.fallback_instance_types in deploy.yaml, or upload the "
            "model again later.",
        )
    return fallbacks[fallbacks.index(tried) + 1] if tried in fallbacks else fallbacks[0]
