"""Which version serves now: SageMaker's own word, not ours."""

from model_packager.names import version_in
from workflow.endpoint import SERVING, describe


def live_version(endpoint: str) -> str | None:
    """Give the version that answers clients; None where nothing does."""
    found = describe(endpoint)
    if found is None or found["EndpointStatus"] not in SERVING:
        return None
    return version_in(endpoint, found["EndpointConfigName"])
