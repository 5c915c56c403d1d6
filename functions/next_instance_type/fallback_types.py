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
    following = endpoint.next_instance_type(tried)
    if following is None:
        last = ", the last of the instance types that deploy.yaml allows"
        raise EndpointFailed(
            f"AWS has no capacity for {tried}"
            + (f"{last}." if endpoint.fallback_instance_types else "."),
            "Add instance types to endpoint.fallback_instance_types in deploy.yaml, or upload the "
            "model again later.",
        )
    return following
