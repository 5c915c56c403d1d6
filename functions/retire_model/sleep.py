"""Puts a model to sleep: deletes its endpoint and alarms, and keeps its versions.

live.json names the execution that does this. Wake-ups and other requests wait until it ends.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from retire_model.endpoint_removal import Removal, remove_endpoint
from retire_model.progress import done, not_yet, overtaken
from retire_model.queue_drain import queued_requests
from retire_model.scope import is_overtaken
from workflow.aws.alarm_removal import remove_backlog_alarm, remove_endpoint_alarm
from workflow.versions.deployment_record import mark_asleep, mark_awake, read_live
from workflow.versions.endpoint import SETTLED, describe
from workflow.versions.execution import is_running
from workflow.versions.live_version import live_version

if TYPE_CHECKING:
    from model_packager.stored import Live
    from workflow.contracts.retire_model import Retirement, RetireModelInput, RetireModelOutput


def put_to_sleep(event: RetireModelInput, bucket: str) -> RetireModelOutput:
    """Take the next step. Idempotent.

    live.json is updated before the endpoint is deleted, so that `modeldrop orphans` never takes the
    versions for orphans. It is not updated while SageMaker changes the endpoint, which still
    answers clients.
    """
    retirement, own = event.retirement, event.execution_arn
    model, endpoint = retirement.model, retirement.endpoint
    live = read_live(bucket, model)
    if live is None or _went_live_later(live, retirement):
        return overtaken()
    if is_overtaken(retirement, bucket, own):
        if live_version(endpoint, model) == live.version:  # the endpoint has not been deleted yet
            mark_awake(bucket, model, own)
        return overtaken()
    if live.sleep_execution not in (None, own) and is_running(live.sleep_execution or ""):
        return not_yet([f"endpoint {endpoint}, which another execution deletes"])
    queued = queued_requests(endpoint, event.waited_seconds)
    if queued:
        return not_yet([f"endpoint {endpoint} with {queued} queued requests"])
    description = describe(endpoint)
    if description is not None and description["EndpointStatus"] not in SETTLED:
        return not_yet([f"endpoint {endpoint}"])
    mark_asleep(bucket, model, datetime.now(UTC), own)
    removal = remove_endpoint(endpoint, endpoint, model)
    if removal is Removal.DELETING:
        return not_yet([f"endpoint {endpoint}"], [f"endpoint {endpoint}"])
    if removal is Removal.WAITING:
        return not_yet([f"endpoint {endpoint}"])
    if removal is Removal.DELETED:
        remove_endpoint_alarm(endpoint)
        remove_backlog_alarm(endpoint)
    return done()


def _went_live_later(live: Live, retirement: Retirement) -> bool:
    """Return whether the model was woken or updated after the request.

    EventBridge Scheduler starts executions at least once, and perhaps late (its user guide).
    """
    return retirement.until is not None and live.since > retirement.until
