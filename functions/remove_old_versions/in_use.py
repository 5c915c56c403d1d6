"""The versions in use: live, being deployed, or the target of a rollback."""

from __future__ import annotations

from model_packager.names.endpoint import version_in
from workflow.versions.deployment_record import read_live, read_record
from workflow.versions.endpoint import configs_of, describe
from workflow.versions.ownership import config_tags


def used_versions(endpoint: str) -> set[str]:
    """Return the versions that the endpoint uses; empty if there is no endpoint."""
    description = describe(endpoint)
    if description is None:
        return set()
    configs = configs_of(description)
    previous = [tags.previous for name in configs if (tags := config_tags(name)) is not None]
    versions = (version_in(endpoint, name) for name in [*configs, *previous] if name is not None)
    return {version for version in versions if version is not None}


def used_in_pool(bucket: str, model: str) -> set[str]:
    """Return the version that live.json names, and the one before it."""
    live = read_live(bucket, model)
    if live is None:
        return set()
    record = read_record(bucket, model, live.version)
    return {live.version} | ({record.supersedes} if record and record.supersedes else set())
