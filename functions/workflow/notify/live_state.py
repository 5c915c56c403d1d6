"""The live version in a notification, and since when. A notification does not depend on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.best_effort import best_effort
from workflow.notify.message import UNKNOWN
from workflow.versions.live_since import live_since
from workflow.versions.live_version import live_in_pool, live_version

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class LiveState:
    """The live version; None if there is none, UNKNOWN if SageMaker did not answer."""

    version: str | None = None
    since: datetime | None = None


def live_state(bucket: str, endpoint: str, model: str) -> LiveState:
    """Read the live version from SageMaker, and its date from live.json."""
    unknown: str | None = UNKNOWN
    version = best_effort(
        "the live version",
        lambda: live_version(endpoint, model) or live_in_pool(bucket, endpoint, model),
        unknown,
    )
    if version in (None, UNKNOWN):
        return LiveState(version)
    since = best_effort("live.json", lambda: live_since(bucket, model, version), None)
    return LiveState(version, since)
