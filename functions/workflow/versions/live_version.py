"""Which version serves now: SageMaker's own word, not ours."""

from model_packager.names import version_in
from workflow.versions.endpoint import SERVING, configs_of, describe


def live_version(endpoint: str) -> str | None:
    """Give the version that answers clients; None where nothing does."""
    found = describe(endpoint)
    if found is None or found["EndpointStatus"] not in SERVING:
        return None
    return version_in(endpoint, found["EndpointConfigName"])


def versions_on(target: str, endpoint: str) -> frozenset[str]:
    """Give the versions that an endpoint is on, or on its way to; none where it is not ours.

    Args:
        target: the endpoint to look at: the model's own, or a staging one.
        endpoint: the model's own, which the configs of its versions are named after.
    """
    found = describe(target)
    configs = configs_of(found) if found else ()
    return frozenset(version for each in configs if (version := version_in(endpoint, each)))
