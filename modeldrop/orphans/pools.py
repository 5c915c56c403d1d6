"""The pools that are in use, from the inventory: a pure function.

A pool is in use if clients call one of its models, or if an execution is changing it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modeldrop.orphans.inventory import Inventory


def used_pools(inventory: Inventory) -> frozenset[str]:
    """Return the pools that have a live model and an endpoint, or a running execution."""
    served = {each.pool for each in inventory.endpoints.values() if each.pool is not None}
    return frozenset(served & set(inventory.pooled.values())) | frozenset(_changing(inventory))


def claimed_versions(inventory: Inventory) -> frozenset[tuple[str, str]]:
    """Return the model and the version of each running execution."""
    return frozenset(
        (each.model, each.version)
        for each in inventory.folders
        if inventory.is_running(each.claimed_by)
    )


def _changing(inventory: Inventory) -> Iterator[str]:
    claimed = claimed_versions(inventory)
    for name, pool in inventory.pools.items():
        locked = pool.lock is not None and inventory.is_running(pool.lock.execution_arn)
        if locked or claimed.intersection(pool.archives):
            yield name
