"""What a retirement takes: a whole model, or one version's staging endpoint.

A retirement has its place in the order of drops, as a drop has: what came after it stays, and so
does what an execution is still about to bring. A command takes all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names import (
    resource_name,
    staging_endpoint_name,
    version_in,
    was_dropped_before,
)
from workflow.versions.claim import is_in_hand
from workflow.versions.live_version import versions_on
from workflow.versions.ownership import provenance
from workflow.versions.versions import known_versions

if TYPE_CHECKING:
    from workflow.contracts.retire_model import Retirement


def is_staging(retirement: Retirement) -> bool:
    """Tell whether only an endpoint goes that a version was tested on."""
    return retirement.target != retirement.endpoint


def is_overtaken(retirement: Retirement, bucket: str) -> bool:
    """Tell whether the model's endpoint is on a drop that stays, or on its way to it."""
    endpoint = retirement.endpoint
    if is_staging(retirement):
        return False
    return any(_stays(retirement, bucket, each) for each in versions_on(endpoint, endpoint))


def versions_of(retirement: Retirement, bucket: str) -> list[str]:
    """Give the versions that go, oldest first.

    With a staging endpoint its version goes, unless it has passed its test or serves.
    """
    endpoint = retirement.endpoint
    if not is_staging(retirement):
        known = known_versions(bucket, retirement.model, endpoint)
        return sorted(version for version in known if not _stays(retirement, bucket, version))
    version = version_in(endpoint, retirement.target)
    if version is None or version in versions_on(endpoint, endpoint):
        return []
    made = provenance(resource_name(endpoint, version))
    return [] if made is not None and made.verified else [version]


def endpoints_of(retirement: Retirement, versions: list[str]) -> list[str]:
    """Name the endpoints that go: the target, and where the versions may have been tested."""
    staging = [staging_endpoint_name(retirement.endpoint, version) for version in versions]
    return list(dict.fromkeys([retirement.target, *staging]))


def _stays(retirement: Retirement, bucket: str, version: str) -> bool:
    if retirement.until is None:
        return False
    if not was_dropped_before(version, retirement.until):
        return True
    return is_in_hand(bucket, retirement.model, version)
