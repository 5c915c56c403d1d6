"""The scope of a retirement: a whole model, or one version's staging endpoint.

A command retires all versions. Other retirements are ordered like drops: later versions stay, and
so do versions that a running execution deploys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.endpoint import resource_name, staging_endpoint_name, version_in
from model_packager.names.version import was_dropped_before
from workflow.versions.claim import has_running_owner
from workflow.versions.endpoint import configs_of, describe
from workflow.versions.endpoint_lock import tested_by
from workflow.versions.live_version import versions_in, versions_on
from workflow.versions.ownership import config_tags
from workflow.versions.versions import known_versions

if TYPE_CHECKING:
    from workflow.contracts.retire_model import Retirement


def is_staging(retirement: Retirement) -> bool:
    """Return whether the target is a version's staging endpoint."""
    return retirement.target != retirement.endpoint


def is_overtaken(retirement: Retirement, bucket: str, execution_arn: str) -> bool:
    """Return whether the endpoint serves, or changes to, a version that stays or is under test.

    The execution that tests a version may be a rollback, which does not own the version, or a
    shadow test, whose config counts as the live version.
    """
    endpoint = retirement.endpoint
    if is_staging(retirement) or retirement.until is None:
        return False
    description = describe(endpoint)
    configs = configs_of(description) if description else ()
    return any(tested_by(config, execution_arn) for config in configs) or any(
        _stays(retirement, bucket, version)
        for version in versions_in(configs, endpoint, retirement.model)
    )


def versions_of(retirement: Retirement, bucket: str) -> list[str]:
    """Return the versions to delete, oldest first.

    For a staging endpoint that is its version, unless it passed its smoke test or is live.
    """
    endpoint = retirement.endpoint
    if not is_staging(retirement):
        known = known_versions(bucket, retirement.model, endpoint)
        return sorted(version for version in known if not _stays(retirement, bucket, version))
    version = version_in(endpoint, retirement.target)
    if version is None or version in versions_on(endpoint, endpoint, retirement.model):
        return []
    tags = config_tags(resource_name(endpoint, version))
    return [] if tags is not None and tags.verified else [version]


def endpoints_of(retirement: Retirement, versions: list[str]) -> list[str]:
    """Return the endpoints to delete: the target and the versions' staging endpoints."""
    staging = [staging_endpoint_name(retirement.endpoint, version) for version in versions]
    return list(dict.fromkeys([retirement.target, *staging]))


def _stays(retirement: Retirement, bucket: str, version: str) -> bool:
    if retirement.until is None:
        return False
    if not was_dropped_before(version, retirement.until):
        return True
    return has_running_owner(bucket, retirement.model, version)
