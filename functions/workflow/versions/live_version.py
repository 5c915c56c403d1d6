"""The live version, according to SageMaker."""

from model_packager.names import version_in
from workflow.versions.endpoint import SERVING, configs_of, describe


def live_version(endpoint: str) -> str | None:
    """Return the version that responds to requests; None if none does."""
    description = describe(endpoint)
    if description is None or description["EndpointStatus"] not in SERVING:
        return None
    return version_in(endpoint, description["EndpointConfigName"])


def versions_on(target: str, endpoint: str) -> frozenset[str]:
    """Return the current and the pending version of an endpoint; empty if it is not ours.

    Args:
        target: the endpoint to describe: the model's endpoint or a staging endpoint.
        endpoint: the model's endpoint, whose name is the prefix of the config names.
    """
    description = describe(target)
    configs = configs_of(description) if description else ()
    return frozenset(version for each in configs if (version := version_in(endpoint, each)))
