"""Finds orphans, the stack's resources that nothing uses. A pure function of the inventory.

A resource belongs to the stack if it has the stack's tags and the corresponding name. Resources
of other stacks with the same prefix stay. Resources of a running execution are not orphans.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from model_packager.names.endpoint import is_shadow_config, version_in
from model_packager.names.pool import pool_archive_key, pool_lock_key
from model_packager.names.version import VERSION_LENGTH
from model_packager.sagemaker.cloudwatch import log_group
from model_packager.sagemaker.deployment_guardrails import alarm_names
from model_packager.sagemaker.endpoint_alarm import watched_endpoint
from modeldrop.orphans.pools import (
    claimed_versions,
    is_changing,
    is_staging,
    needed_configs,
    used_pools,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from modeldrop.orphans.inventory import Endpoint, Inventory


class Kind(StrEnum):
    """The kinds of orphans, in the order of removal."""

    TRANSFORM_JOB = "transform job"
    SHADOW_VARIANT = "shadow variant"
    SCALABLE_TARGET = "scalable target"
    ENDPOINT = "endpoint"
    ALARM = "alarm"
    ENDPOINT_CONFIG = "endpoint config"
    MODEL = "model"
    POOL_ARCHIVE = "archive of a pool"
    FILES = "files"
    LIVE_JSON = "live.json"
    POOL_LOCK = "lock of a pool"
    LOG_GROUP = "log group"


@dataclass(frozen=True)
class Orphan:
    """A resource that nothing uses.

    Attributes:
        name: the name of the resource; for live.json, the model; for files, "<model>/<version>";
            for an archive or a lock, the key; for a shadow variant, the endpoint.
        report_only: whether --delete keeps it, because clients may use it or it costs almost
            nothing.
        etag: the ETag of an object that is removed only if it is unchanged; None for all others.
        live_config: the endpoint's config without the shadow variant, which the removal restores.
    """

    kind: Kind
    name: str
    reason: str
    report_only: bool = False
    etag: str | None = None
    live_config: str | None = None


def find_orphans(inventory: Inventory) -> tuple[Orphan, ...]:
    """Return the orphans in the order of removal."""
    pools = used_pools(inventory)
    pooled = {model for model, pool in inventory.pooled.items() if pool in pools}
    endpoints = [*_endpoints(inventory), *_pool_endpoints(inventory, pools)]
    deleted = {
        each.name for each in endpoints if each.kind is Kind.ENDPOINT and not each.report_only
    }
    stay = inventory.endpoints.keys() - deleted
    # A sleeping model has no endpoint, and keeps its versions.
    asleep = {inventory.endpoint_of(model) for model in inventory.asleep}
    homes = stay | asleep
    configs = [*_configs(inventory, stay, homes), *_pool_configs(inventory, pools)]
    kept = inventory.configs.keys() - {each.name for each in configs}
    return (
        *_transform_jobs(inventory),
        *_scalable_targets(inventory, stay),
        *endpoints,
        *_alarms(inventory, stay),
        *configs,
        *_models(inventory, kept),
        *_pool_models(inventory, pools),
        *_pool_archives(inventory, pooled),
        *_files(inventory, kept, pooled),
        *_live_files(inventory, homes, pooled),
        *_pool_locks(inventory),
        *_log_groups(inventory, asleep),
    )


def _transform_jobs(inventory: Inventory) -> Iterator[Orphan]:
    for name, origin in inventory.transform_jobs.items():
        if origin is not None and not inventory.is_running(origin.execution_arn):
            reason = "The execution of its batch job has ended."
            yield Orphan(Kind.TRANSFORM_JOB, name, reason)


def _endpoints(inventory: Inventory) -> Iterator[Orphan]:
    for name, endpoint in inventory.endpoints.items():
        if endpoint.origin is None or endpoint.status == "Deleting" or _under_test(inventory, name):
            continue
        model, version = endpoint.origin.model, endpoint.origin.version
        if name == inventory.config_of(model, version):
            yield Orphan(Kind.ENDPOINT, name, "The test on this staging endpoint has ended.")
        elif not _runs_untested_version(inventory, endpoint):
            continue
        elif is_shadow_config(name, endpoint.config):
            yield _shadow_variant(inventory, name, endpoint)
        elif model in inventory.asleep:
            yield Orphan(
                Kind.ENDPOINT,
                name,
                f"The execution that woke {model} was stopped. Finish what it began: modeldrop "
                f"wake {model}, or modeldrop sleep {model}.",
                report_only=True,
            )
        elif model in inventory.live:
            yield Orphan(
                Kind.ENDPOINT,
                name,
                f"It runs {endpoint.config}, which did not pass its test, and the execution has "
                "ended. Upload the model again, or roll back to an older version.",
                report_only=True,
            )
        else:
            yield Orphan(
                Kind.ENDPOINT,
                name,
                f"No version of {model} has passed its test, and none is under test.",
            )


def _shadow_variant(inventory: Inventory, name: str, endpoint: Endpoint) -> Orphan:
    live = inventory.configs[endpoint.config].previous
    return Orphan(
        Kind.SHADOW_VARIANT,
        name,
        "The execution of its shadow test has ended. Without it, the version of that test is an "
        "orphan, too.",
        report_only=live not in inventory.configs or endpoint.status != "InService",
        live_config=live,
    )


def _under_test(inventory: Inventory, name: str) -> bool:
    endpoint = inventory.endpoints[name]
    origins = [endpoint.origin]
    for config in (endpoint.config, endpoint.pending):
        found = inventory.configs.get(config) if config else None
        origins.append(found.origin if found else None)
    return any(each is not None and inventory.is_running(each.execution_arn) for each in origins)


def _runs_untested_version(inventory: Inventory, endpoint: Endpoint) -> bool:
    config = inventory.configs.get(endpoint.config)
    return config is not None and config.origin is not None and not config.verified


def _scalable_targets(inventory: Inventory, stay: Set[str]) -> Iterator[Orphan]:
    for name in inventory.scaled:
        if name not in stay:
            yield Orphan(Kind.SCALABLE_TARGET, name, f"The endpoint {name} does not exist.")


def _alarms(inventory: Inventory, stay: Set[str]) -> Iterator[Orphan]:
    for name in inventory.alarms:
        endpoint = watched_endpoint(name)
        if endpoint is not None and endpoint not in stay:
            yield Orphan(Kind.ALARM, name, f"The endpoint {endpoint} does not exist.")
        config = _watched_config(name)
        if config is None:
            continue
        found = inventory.configs.get(config)
        if found is None:
            yield Orphan(Kind.ALARM, name, f"The endpoint config {config} does not exist.")
        elif found.origin and not inventory.is_running(found.origin.execution_arn):
            yield Orphan(Kind.ALARM, name, f"The rollout of {config} has ended.")


def _watched_config(alarm: str) -> str | None:
    for ending in alarm_names(""):
        config = alarm.removesuffix(ending)
        endpoint = config[: -VERSION_LENGTH - 1]
        if alarm.endswith(ending) and version_in(endpoint, config):
            return config
    return None


def _configs(inventory: Inventory, stay: Set[str], homes: Set[str]) -> Iterator[Orphan]:
    used = _used_configs(inventory, stay)
    recorded = {
        inventory.config_of(each.model, each.version): inventory.endpoint_of(each.model)
        for each in inventory.folders
        if each.recorded
    }
    for name, config in inventory.configs.items():
        if (
            config.origin is None
            or inventory.is_running(config.origin.execution_arn)
            or name in used
        ):
            continue
        if name not in recorded:
            reason = "No endpoint uses it, and it never went live."
        elif recorded[name] in homes:
            continue
        else:
            reason = f"The endpoint {recorded[name]} no longer exists."
        yield Orphan(Kind.ENDPOINT_CONFIG, name, reason)


def _used_configs(inventory: Inventory, stay: Set[str]) -> set[str]:
    """Return the current, pending and rollback configs of the endpoints."""
    used = set[str]()
    for endpoint in (inventory.endpoints[name] for name in stay):
        for config in (endpoint.config, endpoint.pending):
            current = config
            while current is not None and current not in used:
                used.add(current)
                found = inventory.configs.get(current)
                current = found.previous if found else None
    return used


def _models(inventory: Inventory, kept: Set[str]) -> Iterator[Orphan]:
    for name, origin in inventory.models.items():
        if (
            origin is not None
            and name not in kept
            and not inventory.is_running(origin.execution_arn)
        ):
            yield Orphan(Kind.MODEL, name, "No endpoint config and no batch job uses it.")


def _files(inventory: Inventory, kept: Set[str], pooled: Set[str]) -> Iterator[Orphan]:
    for each in inventory.folders:
        if each.model in pooled and each.recorded:
            continue  # all versions of a pool share an endpoint config
        config = inventory.config_of(each.model, each.version)
        if config not in kept and not inventory.is_running(each.claimed_by):
            name = f"{each.model}/{each.version}"
            yield Orphan(Kind.FILES, name, f"The endpoint config {config} does not exist.")


def _live_files(inventory: Inventory, homes: Set[str], pooled: Set[str]) -> Iterator[Orphan]:
    for model in inventory.live:
        endpoint = inventory.endpoint_of(model)
        if endpoint not in homes and model not in pooled:
            yield Orphan(Kind.LIVE_JSON, model, f"The endpoint {endpoint} does not exist.")


def _log_groups(inventory: Inventory, asleep: Set[str]) -> Iterator[Orphan]:
    for name in inventory.logged:
        if name not in inventory.endpoints.keys() | asleep:
            reason = f"The endpoint {name} no longer exists. Its log may still be useful."
            yield Orphan(Kind.LOG_GROUP, log_group(name), reason, report_only=True)


def _pool_endpoints(inventory: Inventory, pools: Set[str]) -> Iterator[Orphan]:
    for name, endpoint in inventory.endpoints.items():
        pool = endpoint.pool
        if pool is None or endpoint.status == "Deleting":
            continue
        if pool not in pools:
            yield Orphan(Kind.ENDPOINT, name, _unused(pool))
        elif is_staging(name) and not is_changing(inventory, pool):
            yield Orphan(Kind.ENDPOINT, name, "The test on this staging endpoint has ended.")


def _pool_configs(inventory: Inventory, pools: Set[str]) -> Iterator[Orphan]:
    needed = needed_configs(inventory, pools)
    for name, config in inventory.configs.items():
        if config.pool is not None and name not in needed:
            yield Orphan(Kind.ENDPOINT_CONFIG, name, _not_needed(config.pool, pools))


def _pool_models(inventory: Inventory, pools: Set[str]) -> Iterator[Orphan]:
    needed = needed_configs(inventory, pools)
    for name, pool in inventory.pool_models.items():
        if name not in needed:
            yield Orphan(Kind.MODEL, name, _not_needed(pool, pools))


def _not_needed(pool: str, pools: Set[str]) -> str:
    if pool not in pools:
        return _unused(pool)
    return f"The endpoint of the pool {pool} does not use it, and no execution is changing it."


def _unused(pool: str) -> str:
    return f"The pool {pool} has no live model, and no execution is changing it."


def _pool_archives(inventory: Inventory, pooled: Set[str]) -> Iterator[Orphan]:
    """Yield the archives that clients cannot call and that are no rollback target."""
    claimed = claimed_versions(inventory)
    recorded = {(each.model, each.version) for each in inventory.folders if each.recorded}
    for pool, objects in inventory.pools.items():
        for model, version in objects.archives:
            callable_in = inventory.pooled.get(model) if model in pooled else None
            kept = callable_in == pool and (model, version) in recorded
            if not kept and (model, version) not in claimed:
                yield Orphan(
                    Kind.POOL_ARCHIVE,
                    pool_archive_key(pool, model, version),
                    f"Version {version} of {model} is not a version of the pool {pool}, and is "
                    "not under test.",
                )


def _pool_locks(inventory: Inventory) -> Iterator[Orphan]:
    for pool, objects in inventory.pools.items():
        lock = objects.lock
        if lock is not None and not inventory.is_running(lock.execution_arn):
            reason = f"The execution that changed the pool {pool} has ended."
            yield Orphan(Kind.POOL_LOCK, pool_lock_key(pool), reason, etag=lock.etag)
