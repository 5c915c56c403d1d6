"""Retires a model of a pool, and the pool's endpoint with its last model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.version import was_dropped_before
from retire_model.progress import done, not_yet, overtaken
from workflow.errors import EndpointBusy
from workflow.pool.departure import is_settled, remove_from_pool
from workflow.pool.lock import release, take
from workflow.versions.claim import has_running_owner
from workflow.versions.deployment_record import forget_live, read_live
from workflow.versions.versions import known_versions

if TYPE_CHECKING:
    from workflow.contracts.retire_model import RetireModelInput, RetireModelOutput


def leave_pool(event: RetireModelInput, pool: str, bucket: str) -> RetireModelOutput:
    """Delete the versions, then a pool without models, then live.json; idempotent.

    live.json names the pool, so it is deleted last. Later drops stay, and so does a version that a
    running execution deploys.
    """
    retirement = event.retirement
    model, endpoint, until = retirement.model, retirement.endpoint, retirement.until
    try:
        take(bucket, pool, event.execution_arn)
    except EndpointBusy:
        return not_yet([f"endpoint {endpoint}, which another execution is changing"])
    live = read_live(bucket, model)
    if live is not None and until is not None and not was_dropped_before(live.version, until):
        release(bucket, pool, event.execution_arn)
        return overtaken()
    versions = sorted(
        each
        for each in known_versions(bucket, model, endpoint)
        if until is None
        or (was_dropped_before(each, until) and not has_running_owner(bucket, model, each))
    )
    remove_from_pool(bucket, pool, model, versions)
    removed = [f"version {each}" for each in versions]
    if not is_settled(bucket, pool, endpoint):
        return not_yet([f"endpoint {endpoint}"], removed)
    forget_live(bucket, model)
    release(bucket, pool, event.execution_arn)
    return done(removed)
