"""Whether the endpoint still runs the version that is being judged."""

from __future__ import annotations

from model_packager.names import version_in
from workflow.contracts.base import Deployment
from workflow.errors import EndpointFailed, SupersededDrop
from workflow.versions.endpoint import SERVING, describe


def require_on_trial(endpoint: str, config: str, deployment: Deployment) -> None:
    """Let an endpoint pass that serves the config.

    Raises:
        SupersededDrop: a later version has taken its place.
        EndpointFailed: it serves another, or nothing: somebody has intervened.
    """
    found = describe(endpoint)
    live = found["EndpointConfigName"] if found and found["EndpointStatus"] in SERVING else None
    if live == config:
        return
    later = version_in(deployment.endpoint, live) if live else None
    if later is not None and later > deployment.version:
        raise SupersededDrop(
            f"{live} took the place of {config} on {endpoint} during its test.",
            "Nothing to do: the later drop is live.",
        )
    raise EndpointFailed(
        f"The endpoint {endpoint} was changed by somebody else during the test of {config}: it "
        f"serves {live or 'nothing'}.",
        "Find out who (AWS CloudTrail: UpdateEndpoint, DeleteEndpoint), then drop the model again.",
    )
