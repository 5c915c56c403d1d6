"""The order of a model's drops: by the second in the version's name, then by S3's sequencer.

The sequencer is a tag of the endpoint config, so it is read only for versions of the same second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.endpoint import resource_name, version_in
from model_packager.names.version import drop_order, is_same_second
from workflow.errors import SupersededDrop
from workflow.versions.ownership import config_tags

if TYPE_CHECKING:
    from collections.abc import Collection

    from model_packager.stored import Deployment


def is_later(config: str, deployment: Deployment) -> bool:
    """Return whether an endpoint config is of a later drop of the same model."""
    version = version_in(deployment.endpoint, config)
    if version is None:
        return False
    if not is_same_second(version, deployment.version):
        return version > deployment.version
    own = drop_order(deployment.version, deployment.sequencer)
    return drop_order(version, _sequencer(config)) > own


def superseded(deployment: Deployment, live_version: str, place: str) -> SupersededDrop:
    """Return the error for a drop that is older than the live version.

    Args:
        deployment: the drop's deployment.
        live_version: the later version.
        place: where the later version is live, such as "on modeldrop-resnet".
    """
    return SupersededDrop(
        f"The later version {live_version} is live {place}, so {deployment.version} does not "
        "replace it.",
        "No action needed. To deploy this model anyway, upload it again.",
    )


def sorted_by_drop(endpoint: str, versions: Collection[str]) -> list[str]:
    """Return the versions of a model, oldest drop first."""
    seconds = [drop_order(version, None)[0] for version in versions]

    def order(version: str) -> tuple[str, str, str]:
        shared = seconds.count(drop_order(version, None)[0]) > 1
        sequencer = _sequencer(resource_name(endpoint, version)) if shared else None
        return drop_order(version, sequencer)

    return sorted(versions, key=order)


def _sequencer(config: str) -> str | None:
    tags = config_tags(config)
    return tags.sequencer if tags else None
