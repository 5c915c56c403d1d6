"""Which versions are too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def surplus(known: Collection[str], used: Collection[str], kept: int) -> list[str]:
    """Give the versions to remove, oldest first.

    Args:
        known: all versions of a model. They sort by the time of their drop.
        used: those that serve, or would be put back. Never removed; and nothing that is newer than
            all of them is, since a drop that is still on its way has made it.
        kept: how many of the newest to keep, those in use included. What is still on its way is
            not counted: it may fail.
    """
    newest_in_use = max(used, default="")
    settled = sorted(version for version in known if version <= newest_in_use)
    return [version for version in settled[: max(len(settled) - kept, 0)] if version not in used]
