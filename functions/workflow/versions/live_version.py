"""The live version, according to SageMaker."""

from collections.abc import Iterable

from model_packager.names.endpoint import version_in
from workflow.versions.deployment_record import read_live
from workflow.versions.endpoint import SERVING, configs_of, describe
from workflow.versions.ownership import other_model


def live_version(endpoint: str, model: str) -> str | None:
    """Return the version that responds to requests; None if no version of the model does.

    In a pool, SageMaker does not know which version of a model is live; see `live_in_pool`.
    """
    description = describe(endpoint)
    if description is None or description["EndpointStatus"] not in SERVING:
        return None
    config = description["EndpointConfigName"]
    version = version_in(endpoint, config)
    return None if version is None or other_model(config, model) else version


def live_in_pool(bucket: str, endpoint: str, model: str) -> str | None:
    """Return the version that live.json names in the endpoint's pool; None if there is none."""
    live = read_live(bucket, model)
    if live is None or live.pool is None or live.endpoint != endpoint:
        return None
    description = describe(endpoint)
    is_serving = description is not None and description["EndpointStatus"] in SERVING
    return live.version if is_serving else None


def versions_on(target: str, endpoint: str, model: str) -> frozenset[str]:
    """Return the current and the pending version of an endpoint; empty if it is another model's.

    Args:
        target: the endpoint to describe: the model's endpoint or a staging endpoint.
        endpoint: the model's endpoint, whose name is the prefix of the config names.
        model: the model's name.
    """
    description = describe(target)
    return versions_in(configs_of(description) if description else (), endpoint, model)


def versions_in(configs: Iterable[str], endpoint: str, model: str) -> frozenset[str]:
    """Return the versions of endpoint configs; those of another model are left out."""
    return frozenset(
        version
        for each in configs
        if (version := version_in(endpoint, each)) and not other_model(each, model)
    )
