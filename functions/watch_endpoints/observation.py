"""Looking at the endpoints of this stack: what each is, and who has it in hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.names import endpoint_name, version_in
from watch_endpoints.due_retirement import Watched
from watch_endpoints.invocations import invocations
from workflow.aws.clients import sagemaker
from workflow.versions.deployment_record import read_record
from workflow.versions.endpoint import configs_of, describe
from workflow.versions.execution import is_running
from workflow.versions.ownership import last_verified, provenance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from workflow.versions.ownership import Provenance


@dataclass(frozen=True)
class Observed:
    """Whose endpoint it is: `config` is what it runs on, or is on its way to."""

    model: str
    name: str
    config: str
    seen: Watched


def endpoint_names(prefix: str) -> Iterator[str]:
    """Name every endpoint that may be of this stack."""
    pages = sagemaker().get_paginator("list_endpoints").paginate(NameContains=f"{prefix}-")
    for page in pages:
        for found in page["Endpoints"]:
            yield found["EndpointName"]


def observe(
    name: str, *, prefix: str, bucket: str, idle_hours: int, now: datetime
) -> Observed | None:
    """Look at one endpoint; None where it is gone by now, or not one of ours."""
    found = describe(name)
    config = configs_of(found)[-1] if found else None
    made = provenance(config) if config else None
    if found is None or config is None or made is None or made.model is None:
        return None
    endpoint = endpoint_name(prefix, made.model)
    version = version_in(endpoint, config)
    if version is None or name not in (endpoint, config):
        return None
    record = read_record(bucket, made.model, version)
    staging = name != endpoint
    seen = Watched(
        version=version,
        status=found["EndpointStatus"],
        changed=found["LastModifiedTime"],
        staging=staging,
        verified=made.verified,
        replaceable=made.previous is not None and last_verified(made.previous) is not None,
        in_hand=_in_hand(made, staging=staging),
        deployed_at=record.deployed_at if record else None,
        hours_to_live=record.servable.spec.endpoint.time_to_live_hours if record else None,
        invocations=invocations(name, idle_hours, now) if idle_hours else 0,
    )
    return Observed(made.model, name, config, seen)


def _in_hand(made: Provenance, *, staging: bool) -> bool:
    """Tell whether the execution goes on that looks after the endpoint.

    None looks after a version that has passed its test, but after its staging endpoint.
    """
    if made.execution_arn is None or (made.verified and not staging):
        return False
    return is_running(made.execution_arn)
