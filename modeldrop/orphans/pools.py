"""Finds the pools that are in use. A pure function of the inventory.

A pool is in use if clients call one of its models, or if an execution is changing it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.pool import pool_staging_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from modeldrop.orphans.inventory import Inventory


def used_pools(inventory: Inventory) -> frozenset[str]:
    """Return the pools that have a live model and an endpoint, or a running execution."""
    served = {
        each.pool
        for name, each in inventory.endpoints.items()
        if each.pool is not None and not is_staging(name)
    }
    return frozenset(served & set(inventory.pooled.values())) | frozenset(_changing(inventory))


def claimed_versions(inventory: Inventory) -> frozenset[tuple[str, str]]:
    """Return the model and version of each running execution."""
    return frozenset(
        (each.model, each.version)
        for each in inventory.folders
        if inventory.is_running(each.claimed_by)
    )


def needed_configs(inventory: Inventory, pools: Set[str]) -> frozenset[str]:
    """Return the endpoint configs and the SageMaker models that the pools need.

    While an execution changes the pool, all of its configs are needed, including the staging
    endpoint's. So is the config before an untested change.
    """
    changing = frozenset(_changing(inventory))
    running = {
        config
        for name, each in inventory.endpoints.items()
        if each.pool in pools and not is_staging(name)
        for config in (each.config, each.pending)
        if config is not None
    }
    before = {
        each.previous
        for name, each in inventory.configs.items()
        if name in running and not each.verified and each.previous is not None
    }
    of_changing = {name for name, each in inventory.configs.items() if each.pool in changing} | {
        name for name, pool in inventory.pool_models.items() if pool in changing
    }
    return frozenset(running | before | of_changing)


def is_changing(inventory: Inventory, pool: str) -> bool:
    """Return whether an execution is changing the pool."""
    return pool in set(_changing(inventory))


def is_staging(endpoint: str) -> bool:
    """Return whether a pool's endpoint is the staging endpoint for a change."""
    return endpoint.endswith(pool_staging_name(""))


def _changing(inventory: Inventory) -> Iterator[str]:
    claimed = claimed_versions(inventory)
    for name, pool in inventory.pools.items():
        locked = pool.lock is not None and inventory.is_running(pool.lock.execution_arn)
        if locked or claimed.intersection(pool.archives):
            yield name
