"""Selects the versions to delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def surplus(known: Sequence[str], used: Collection[str], kept: int) -> list[str]:
    """Return the versions to delete, oldest first.

    Args:
        known: the versions of a model, without those that are still being deployed, oldest drop
            first.
        used: the versions that are live, or the target of a rollback. They are kept. So is any
            newer version, because a running deployment created it.
        kept: how many of the newest to keep, including those in use.
    """
    newest_in_use = max((i for i, version in enumerate(known) if version in used), default=-1)
    settled = known[: newest_in_use + 1]
    return [version for version in settled[: max(len(settled) - kept, 0)] if version not in used]
