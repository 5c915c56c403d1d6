"""What of ours nothing refers to. Pure: what stands in, orphans with their reasons out.

Ours is what bears our tags and the name that follows from them; so another stack, or a person, with
names of the same beginning is left alone. What belongs to an execution that goes on is no orphan.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from model_packager.names import VERSION_LENGTH, version_in
from model_packager.sagemaker.deployment_guardrails import alarm_names
from model_packager.sagemaker.endpoint_alarm import watched_endpoint
from modeldrop.orphans.inventory import LOG_GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from modeldrop.orphans.inventory import Standing, StandingEndpoint


class Kind(StrEnum):
    """What an orphan is; in the order in which they have to be removed."""

    SCALABLE_TARGET = "scalable target"
    ENDPOINT = "endpoint"
    ALARM = "alarm"
    ENDPOINT_CONFIG = "endpoint config"
    MODEL = "model"
    FILES = "files"
    LIVE_NOTE = "live.json"
    LOG_GROUP = "log group"


@dataclass(frozen=True)
class Orphan:
    """Something of ours that nothing refers to, in the order of removal.

    Attributes:
        name: of the resource; of the model for live.json, "<model>/<version>" for files.
        told_only: it is for a person to decide: clients may use it, or it costs next to nothing.
    """

    kind: Kind
    name: str
    reason: str
    told_only: bool = False


def find_orphans(standing: Standing) -> tuple[Orphan, ...]:
    """Find them, in the order of removal."""
    endpoints = list(_endpoints(standing))
    stay = standing.endpoints.keys() - {each.name for each in endpoints if not each.told_only}
    configs = list(_configs(standing, stay))
    kept = standing.configs.keys() - {each.name for each in configs}
    return (
        *_scalable_targets(standing, stay),
        *endpoints,
        *_alarms(standing, stay),
        *configs,
        *_models(standing, kept),
        *_files(standing, kept),
        *_live_notes(standing, stay),
        *_log_groups(standing),
    )


def _endpoints(standing: Standing) -> Iterator[Orphan]:
    for name, endpoint in standing.endpoints.items():
        if endpoint.origin is None or endpoint.status == "Deleting" or _on_trial(standing, name):
            continue
        model, version = endpoint.origin.model, endpoint.origin.version
        if name == standing.config_of(model, version):
            yield Orphan(Kind.ENDPOINT, name, "The test on this staging endpoint is over.")
        elif not _runs_untested_version(standing, endpoint):
            continue
        elif model in standing.live:
            yield Orphan(
                Kind.ENDPOINT,
                name,
                f"It runs {endpoint.config}, which has not passed its test, and its execution is "
                f"over. Drop the model again, or: modeldrop rollback {model}",
                told_only=True,
            )
        else:
            yield Orphan(
                Kind.ENDPOINT,
                name,
                f"No version of {model} has passed its test, and none is tried.",
            )


def _on_trial(standing: Standing, name: str) -> bool:
    endpoint = standing.endpoints[name]
    origins = [endpoint.origin]
    for config in (endpoint.config, endpoint.pending):
        found = standing.configs.get(config) if config else None
        origins.append(found.origin if found else None)
    return any(each is not None and standing.goes_on(each.execution_arn) for each in origins)


def _runs_untested_version(standing: Standing, endpoint: StandingEndpoint) -> bool:
    config = standing.configs.get(endpoint.config)
    return config is not None and config.origin is not None and not config.verified


def _scalable_targets(standing: Standing, stay: Set[str]) -> Iterator[Orphan]:
    for name in standing.scaled:
        if name not in stay:
            yield Orphan(Kind.SCALABLE_TARGET, name, f"There is no endpoint {name} to scale.")


def _alarms(standing: Standing, stay: Set[str]) -> Iterator[Orphan]:
    for name in standing.alarms:
        endpoint = watched_endpoint(name)
        if endpoint is not None and endpoint not in stay:
            yield Orphan(Kind.ALARM, name, f"There is no endpoint {endpoint} to watch.")
        config = _watched_config(name)
        if config is None:
            continue
        found = standing.configs.get(config)
        if found is None:
            yield Orphan(Kind.ALARM, name, f"There is no endpoint config {config} to watch.")
        elif found.origin and not standing.goes_on(found.origin.execution_arn):
            yield Orphan(Kind.ALARM, name, f"The rollout of {config} is over.")


def _watched_config(alarm: str) -> str | None:
    for ending in alarm_names(""):
        config = alarm.removesuffix(ending)
        endpoint = config[: -VERSION_LENGTH - 1]
        if alarm.endswith(ending) and version_in(endpoint, config):
            return config
    return None


def _configs(standing: Standing, stay: Set[str]) -> Iterator[Orphan]:
    used = _used_configs(standing, stay)
    recorded = {
        standing.config_of(each.model, each.version): standing.endpoint_of(each.model)
        for each in standing.folders
        if each.recorded
    }
    for name, config in standing.configs.items():
        if config.origin is None or standing.goes_on(config.origin.execution_arn) or name in used:
            continue
        if name not in recorded:
            reason = "No endpoint uses it, and it never went live."
        elif recorded[name] in stay:
            continue
        else:
            reason = f"There is no endpoint {recorded[name]} any more."
        yield Orphan(Kind.ENDPOINT_CONFIG, name, reason)


def _used_configs(standing: Standing, stay: Set[str]) -> set[str]:
    """Give what the endpoints run, are on their way to, and would go back to."""
    used = set[str]()
    for endpoint in (standing.endpoints[name] for name in stay):
        for config in (endpoint.config, endpoint.pending):
            current = config
            while current is not None and current not in used:
                used.add(current)
                found = standing.configs.get(current)
                current = found.previous if found else None
    return used


def _models(standing: Standing, kept: Set[str]) -> Iterator[Orphan]:
    for name, origin in standing.models.items():
        if origin is not None and name not in kept and not standing.goes_on(origin.execution_arn):
            yield Orphan(Kind.MODEL, name, "No endpoint config uses it.")


def _files(standing: Standing, kept: Set[str]) -> Iterator[Orphan]:
    for each in standing.folders:
        config = standing.config_of(each.model, each.version)
        if config not in kept and not standing.goes_on(each.claimed_by):
            name = f"{each.model}/{each.version}"
            yield Orphan(Kind.FILES, name, f"There is no endpoint config {config} that uses them.")


def _live_notes(standing: Standing, stay: Set[str]) -> Iterator[Orphan]:
    for model in standing.live:
        endpoint = standing.endpoint_of(model)
        if endpoint not in stay:
            yield Orphan(Kind.LIVE_NOTE, model, f"There is no endpoint {endpoint} that serves.")


def _log_groups(standing: Standing) -> Iterator[Orphan]:
    for name in standing.logged:
        if name not in standing.endpoints:
            reason = f"There is no endpoint {name} any more; its log may still be of use."
            yield Orphan(Kind.LOG_GROUP, f"{LOG_GROUPS}{name}", reason, told_only=True)
