"""Deletes a model: its endpoints, then its versions, then its alarms, schedules and live.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retire_model.endpoint_removal import Removal, remove_endpoint
from retire_model.progress import done, not_yet, overtaken
from retire_model.queue_drain import queued_requests
from retire_model.scope import endpoints_of, is_overtaken, is_staging, versions_of
from workflow.aws.alarm_removal import remove_backlog_alarm, remove_endpoint_alarm
from workflow.aws.schedules import remove_schedules
from workflow.versions.deployment_record import forget_live
from workflow.versions.version_removal import remove_version

if TYPE_CHECKING:
    from workflow.contracts.retire_model import Retirement, RetireModelInput, RetireModelOutput


def remove_model(event: RetireModelInput, bucket: str) -> RetireModelOutput:
    """Take the next step. Idempotent. For a staging endpoint, only its version is deleted."""
    retirement = event.retirement
    if is_overtaken(retirement, bucket, event.execution_arn):
        return overtaken()
    versions = versions_of(retirement, bucket)
    queued = queued_requests(retirement.target, event.waited_seconds)
    if queued:
        return not_yet([f"endpoint {retirement.target} with {queued} queued requests"])
    removals = {
        name: remove_endpoint(name, retirement.endpoint, retirement.model)
        for name in endpoints_of(retirement, versions)
    }
    deleting = [name for name, each in removals.items() if each is Removal.DELETING]
    existing = [
        name for name, each in removals.items() if each in (Removal.DELETING, Removal.WAITING)
    ]
    removed = [f"version {version}" for version in versions]
    if existing:
        return not_yet(
            [*(f"endpoint {name}" for name in existing), *removed],
            [f"endpoint {name}" for name in deleting],
        )
    for version in versions:
        remove_version(bucket, retirement.model, retirement.endpoint, version)
    if not is_staging(retirement):
        is_gone = removals[retirement.endpoint] is Removal.DELETED
        _remove_rest(retirement, bucket, endpoint_is_gone=is_gone)
    return done(removed)


def _remove_rest(retirement: Retirement, bucket: str, *, endpoint_is_gone: bool) -> None:
    """Delete what belongs to the model as a whole. Another model's endpoint keeps its alarms."""
    endpoint = retirement.endpoint
    if endpoint_is_gone:
        remove_endpoint_alarm(endpoint)
        remove_backlog_alarm(endpoint)
    remove_schedules(endpoint)
    forget_live(bucket, retirement.model)
