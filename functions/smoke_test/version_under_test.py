"""Checks that the endpoint still serves the version under test."""

from __future__ import annotations

from model_packager.stored import Deployment
from workflow.errors import EndpointFailed, SupersededDrop
from workflow.versions.drop_order import is_later
from workflow.versions.endpoint import SERVING, describe


def require_under_test(endpoint: str, config: str, deployment: Deployment) -> None:
    """Check that the endpoint serves the config.

    Raises:
        SupersededDrop: a later version replaced this one.
        EndpointFailed: someone intervened: the endpoint serves another version or nothing.
    """
    description = describe(endpoint)
    live = (
        description["EndpointConfigName"]
        if description and description["EndpointStatus"] in SERVING
        else None
    )
    if live == config:
        return
    if live is not None and is_later(live, deployment):
        raise SupersededDrop(
            f"{live} replaced {config} on {endpoint} during its smoke test.",
            "No action needed: the later drop is live.",
        )
    raise EndpointFailed(
        f"Someone changed the endpoint {endpoint} during the smoke test of {config}: it now serves "
        f"{live or 'nothing'}.",
        "Find out who changed it (AWS CloudTrail: UpdateEndpoint, DeleteEndpoint), then upload the "
        "model again.",
    )
