"""The names of endpoints and of a version's SageMaker resources, which are all different."""

import hashlib
import re

from model_packager.aws_limits import SAGEMAKER_NAME
from model_packager.names.version import VERSION, VERSION_LENGTH

ENDPOINT_LIMIT = SAGEMAKER_NAME.value - VERSION_LENGTH - 1

_POOL = "pool-"

POOL_NAME_LIMIT = ENDPOINT_LIMIT - 16 - len(f"-{_POOL}")
"""The limit for the name of a pool: a prefix has up to 16 characters (EndpointPrefix)."""

HASH_DIGITS = 14
"""The hex digits of the hash in a changed name. Somebody could find a match for a shorter hash."""

_GENERATED_SUFFIX = re.compile(rf"-([0-9a-f]{{{HASH_DIGITS}}}|{VERSION.pattern.lower()})$")
"""The suffixes of changed names and, in lowercase, of staging endpoints."""

_SHADOWED = re.compile(VERSION.pattern.replace("Z-", "S-"))
"""A version in the name of a shadow config, with S instead of Z to keep the name short."""


def endpoint_name(prefix: str, model: str) -> str:
    """Return the endpoint's name: `<prefix>-<model>`, the same for all versions.

    SageMaker accepts letters, digits and hyphens, and ignores case (CreateEndpoint API
    reference). A changed or shortened name gets a hash, so that two models never share an endpoint,
    not even if their names differ only in case.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")
    name = f"{prefix}-{plain}"
    is_free = not _GENERATED_SUFFIX.search(model) and not model.startswith(_POOL)
    if plain == model and len(name) <= ENDPOINT_LIMIT and is_free:
        return name
    digest = hashlib.sha256(model.encode()).hexdigest()[:HASH_DIGITS]
    return f"{name[: ENDPOINT_LIMIT - len(digest) - 1].rstrip('-')}-{digest}"


def pool_endpoint_name(prefix: str, pool: str) -> str:
    """Return the name of a pool's endpoint."""
    return f"{prefix}-{_POOL}{pool}"


def resource_name(endpoint: str, version: str) -> str:
    """Return the name of the SageMaker model and the endpoint config of one version."""
    return f"{endpoint}-{version}"


def staging_endpoint_name(endpoint: str, version: str) -> str:
    """Return the name of a version's staging endpoint: the name of its endpoint config.

    It ends in a version. The name of a model's endpoint never does; see `endpoint_name`.
    """
    return resource_name(endpoint, version)


def shadow_config_name(endpoint: str, live_version: str) -> str:
    """Return the name of the endpoint config that adds a shadow variant to the live version.

    It has the live version's name, because that version answers the clients.
    """
    return resource_name(endpoint, live_version.replace("Z-", "S-"))


def is_shadow_config(endpoint: str, config_name: str) -> bool:
    """Return whether an endpoint config adds a shadow variant to a version."""
    head, tail = f"{endpoint}-", config_name[-VERSION_LENGTH:]
    return config_name == head + tail and _SHADOWED.fullmatch(tail) is not None


def version_in(endpoint: str, config_name: str) -> str | None:
    """Return the version in an endpoint config's name, or None for a foreign config.

    For a shadow config, this is the live version, which answers the clients.
    """
    head, tail = f"{endpoint}-", config_name[-VERSION_LENGTH:]
    if is_shadow_config(endpoint, config_name):
        return tail.replace("S-", "Z-")
    if config_name == head + tail and VERSION.fullmatch(tail):
        return tail
    return None
