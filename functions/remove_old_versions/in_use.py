"""Which versions are in use: what serves, what is on its way, and what they go back to."""

from __future__ import annotations

from model_packager.names import version_in
from workflow.versions.endpoint import configs_of, describe
from workflow.versions.ownership import provenance


def used_versions(endpoint: str) -> set[str]:
    """Give their names; none where there is no endpoint."""
    found = describe(endpoint)
    if found is None:
        return set()
    configs = configs_of(found)
    previous = [made.previous for name in configs if (made := provenance(name)) is not None]
    versions = (version_in(endpoint, name) for name in [*configs, *previous] if name is not None)
    return {version for version in versions if version is not None}
