"""What a retirement takes: a whole model, or one version's staging endpoint.

A retirement has its place in the order of drops, as a drop has: what came after it stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names import (
    resource_name,
    staging_endpoint_name,
    version_in,
    was_dropped_before,
)
from workflow.endpoint import configs_of, describe
from workflow.ownership import provenance
from workflow.versions import known_versions

if TYPE_CHECKING:
    from workflow.contracts import Retirement


def is_staging(retirement: Retirement) -> bool:
    """Tell whether only an endpoint goes that a version was tested on."""
    return retirement.target != retirement.endpoint


def is_overtaken(retirement: Retirement) -> bool:
    """Tell whether the model's endpoint is on a later drop, or on its way to it."""
    if is_staging(retirement):
        return False
    return any(not _takes(retirement, each) for each in _versions_on(retirement.endpoint))


def versions_of(retirement: Retirement, bucket: str) -> list[str]:
    """Give the versions that go, oldest first.

    With a staging endpoint its version goes, unless it has passed its test or serves.
    """
    endpoint = retirement.endpoint
    if not is_staging(retirement):
        known = known_versions(bucket, retirement.model, endpoint)
        return sorted(version for version in known if _takes(retirement, version))
    version = version_in(endpoint, retirement.target)
    if version is None or version in _versions_on(endpoint):
        return []
    made = provenance(resource_name(endpoint, version))
    return [] if made is not None and made.verified else [version]


def endpoints_of(retirement: Retirement, versions: list[str]) -> list[str]:
    """Name the endpoints that go: the target, and where the versions may have been tested."""
    staging = [staging_endpoint_name(retirement.endpoint, version) for version in versions]
    return list(dict.fromkeys([retirement.target, *staging]))


def _takes(retirement: Retirement, version: str) -> bool:
    return retirement.until is None or was_dropped_before(version, retirement.until)


def _versions_on(endpoint: str) -> set[str]:
    found = describe(endpoint)
    configs = configs_of(found) if found else ()
    return {version for each in configs if (version := version_in(endpoint, each))}
