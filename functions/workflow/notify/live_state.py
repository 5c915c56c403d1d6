"""The live version in a notification, with its number and when it went live, if AWS answers."""

from __future__ import annotations

from model_packager.names.version import version_label
from workflow.best_effort import best_effort
from workflow.notify.message import UNKNOWN, LiveState
from workflow.versions.deployment_record import read_live
from workflow.versions.live_version import live_in_pool, live_version


def live_state(bucket: str, endpoint: str, model: str) -> LiveState:
    """Read the live version from SageMaker, and its number and date from live.json."""
    unknown: str | None = UNKNOWN
    version = best_effort(
        "the live version",
        lambda: live_version(endpoint, model) or live_in_pool(bucket, endpoint, model),
        unknown,
    )
    if version in (None, UNKNOWN):
        return LiveState(version)
    live = best_effort("live.json", lambda: read_live(bucket, model), None)
    if live is None or live.version != version:  # SageMaker returned to an earlier version
        return LiveState(version)
    return LiveState(version, live.since, version_label(live.number))
