"""Observes the endpoints of this stack: their state, and whether an execution owns them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.names.endpoint import endpoint_name, is_shadow_config, version_in
from watch_endpoints.due_retirement import EndpointState
from watch_endpoints.invocations import invocations
from workflow.aws.clients import sagemaker
from workflow.versions.deployment_record import read_live, read_record
from workflow.versions.endpoint import configs_of, describe
from workflow.versions.execution import is_running
from workflow.versions.ownership import config_tags, last_verified

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from model_packager.stored import Live
    from workflow.versions.ownership import ConfigTags


@dataclass(frozen=True)
class Observed:
    """An endpoint and its state. `config` is the config that it serves, or changes to."""

    model: str
    name: str
    config: str
    state: EndpointState


def endpoint_names(prefix: str) -> Iterator[str]:
    """Yield the names of all endpoints that may belong to this stack."""
    pages = sagemaker().get_paginator("list_endpoints").paginate(NameContains=f"{prefix}-")
    for page in pages:
        for summary in page["Endpoints"]:
            yield summary["EndpointName"]


def observe(
    name: str, *, prefix: str, bucket: str, idle_hours: int, now: datetime
) -> Observed | None:
    """Observe one endpoint; None if it was deleted, or does not belong to this stack."""
    description = describe(name)
    config = configs_of(description)[-1] if description else None
    tags = config_tags(config) if config else None
    if description is None or config is None or tags is None or tags.model is None:
        return None
    endpoint = endpoint_name(prefix, tags.model)
    version = version_in(endpoint, config)
    if version is None or name not in (endpoint, config):
        return None
    record, live = read_record(bucket, tags.model, version), read_live(bucket, tags.model)
    asleep = live is not None and live.version == version and live.asleep_since is not None
    staging = name != endpoint
    state = EndpointState(
        version=version,
        status=description["EndpointStatus"],
        changed=description["LastModifiedTime"],
        staging=staging,
        verified=tags.verified,
        previous_verified=tags.previous is not None and last_verified(tags.previous) is not None,
        shadow_test=is_shadow_config(endpoint, config),
        owned=_is_owned(tags, staging=staging) or _is_falling_asleep(live),
        deployed_at=record.deployed_at if record else None,
        hours_to_live=record.servable.spec.endpoint.time_to_live_hours if record else None,
        invocations=invocations(name, idle_hours, now) if idle_hours else 0,
        has_instances=any(
            each.get("CurrentInstanceCount", 1) > 0 and "CurrentServerlessConfig" not in each
            for each in description.get("ProductionVariants", [])
        ),
        asleep=asleep and not staging,
    )
    return Observed(tags.model, name, config, state)


def _is_falling_asleep(live: Live | None) -> bool:
    """Return whether a running execution puts the model to sleep."""
    execution = live.sleep_execution if live else None
    return execution is not None and is_running(execution)


def _is_owned(tags: ConfigTags, *, staging: bool) -> bool:
    """Return whether a running execution owns the endpoint.

    After its smoke test, only the staging endpoint of a version is still owned.
    """
    if tags.execution_arn is None or (tags.verified and not staging):
        return False
    return is_running(tags.execution_arn)
