"""Chooses the version for a rollback, or for waking a model.

See docs/decisions/0009-a-version-is-restored-by-the-same-workflow.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.version import drop_order
from modeldrop.errors import UsageError
from modeldrop.live.version_history import find_version, order_of, retained

if TYPE_CHECKING:
    from model_packager.stored import DeploymentRecord
    from modeldrop.live.version_history import History


def choose(history: History, to: str | None = None) -> DeploymentRecord:
    """Return the requested version, or the newest version before the live one.

    Args:
        history: the model's history.
        to: the requested version: its label, such as v3, its name, or a unique prefix of the name.

    Raises:
        UsageError: there is no such version, or it is already live.
    """
    if not history.records:
        raise UsageError(
            f"{history.model} has no retained versions: it never went live, or it was retired."
        )
    chosen = _older(history) if to is None else find_version(history, to)
    if chosen.version == history.serving:
        raise UsageError(f"Version {chosen.text} of {history.model} is already live.")
    return chosen


def sleeping_version(history: History) -> DeploymentRecord:
    """Return the version that went to sleep.

    Raises:
        UsageError: the model is awake, or its record was deleted.
    """
    if history.asleep_since is None:
        raise UsageError(
            f"{history.model} is not asleep.", "See:", command=("status", history.model)
        )
    found = next((each for each in history.records if each.version == history.live), None)
    if found is None:
        raise UsageError(f"The record of version {history.live} of {history.model} is missing.")
    return found


def _older(history: History) -> DeploymentRecord:
    if history.current is None:
        raise UsageError(
            f"{history.model} has no live version.",
            f"Name a version with --to. {retained(history.records)}",
        )
    current = history.current
    orders = {each.version: order_of(each) for each in history.records}
    order = orders.get(current, drop_order(current, None))
    older = [each for each in history.records if orders[each.version] < order]
    if not older:
        raise UsageError(
            f"{history.model} has no version older than the live version {history.current}. "
            f"{retained(history.records)}"
        )
    return older[0]
