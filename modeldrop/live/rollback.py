"""Which version a rollback brings back, and the event that starts it.

See docs/decisions/0009-a-version-is-restored-by-the-same-workflow.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from model_packager.stored import DeploymentRecord
    from modeldrop.live.version_history import History


def choose(history: History, to: str | None = None) -> DeploymentRecord:
    """Choose the newest version that is older than what serves, or the one asked for.

    Args:
        history: of the model.
        to: the version to bring back; a beginning that only one of them has is enough.

    Raises:
        UsageError: there is no such version, or it serves already.
    """
    if not history.records:
        raise UsageError(
            f"No version of {history.model} is kept: none has gone live under this name, or it "
            "was retired."
        )
    chosen = _older(history) if to is None else _named(history, to)
    if chosen.version == history.serving:
        raise UsageError(f"Version {chosen.version} of {history.model} serves already.")
    return chosen


def _older(history: History) -> DeploymentRecord:
    if history.current is None:
        raise UsageError(
            f"Nothing of {history.model} is live, so there is nothing to go back from. Name a "
            f"version with --to. {_kept(history.records)}"
        )
    older = [each for each in history.records if each.version < history.current]
    if not older:
        raise UsageError(
            f"No version of {history.model} older than {history.current}, which serves, is kept. "
            f"{_kept(history.records)}"
        )
    return older[0]


def _named(history: History, to: str) -> DeploymentRecord:
    fitting = [each for each in history.records if to and each.version.startswith(to)]
    if not fitting:
        raise UsageError(f"There is no version {to} of {history.model}. {_kept(history.records)}")
    if len(fitting) > 1:
        raise UsageError(f"More than one version of {history.model} begins so. {_kept(fitting)}")
    return fitting[0]


def _kept(records: tuple[DeploymentRecord, ...] | list[DeploymentRecord]) -> str:
    return f"Kept: {', '.join(each.version for each in records)}."


def restore_event(record: DeploymentRecord, now: datetime) -> dict[str, Any]:
    """Give the input of the execution: the S3 event of the version's drop, and `restore`."""
    source = record.source
    dropped = {"key": source.key, "etag": source.etag}
    if source.version_id is not None:
        dropped["version-id"] = source.version_id
    return {
        "time": now.isoformat(),
        "detail": {"bucket": {"name": source.bucket}, "object": dropped},
        "restore": record.version,
    }
