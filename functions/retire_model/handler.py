"""Retire Model: deletes everything of a model that costs money, one step per call."""

from retire_model.endpoint_removal import Removal, remove_endpoint
from retire_model.pool import leave_pool
from retire_model.queue_drain import queued_requests
from retire_model.scope import endpoints_of, is_overtaken, is_staging, versions_of
from retire_model.sleep import put_to_sleep
from workflow.aws.alarm_removal import remove_backlog_alarm, remove_endpoint_alarm
from workflow.aws.schedules import remove_schedules
from workflow.contracts.retire_model import RetireModelInput, RetireModelOutput
from workflow.settings import RetireModelSettings
from workflow.step import step
from workflow.versions.deployment_record import forget_live
from workflow.versions.version_removal import remove_version


@step(RetireModelInput)
def handler(event: RetireModelInput) -> RetireModelOutput:
    """Delete the endpoints, then the versions, then the alarm and live.json. Idempotent.

    A model that is put to sleep loses only its endpoint and alarms.
    """
    retirement, bucket = event.retirement, RetireModelSettings.read().artifact_bucket
    if retirement.pool is not None:
        return leave_pool(event, retirement.pool, bucket)
    if retirement.keep_versions:
        return put_to_sleep(event, bucket)
    if is_overtaken(retirement, bucket, event.execution_arn):
        return RetireModelOutput(done=True, overtaken=True, removed=[], remaining=[])
    versions = versions_of(retirement, bucket)
    queued = queued_requests(retirement.target, event.waited_seconds)
    if queued:
        return RetireModelOutput(
            done=False,
            overtaken=False,
            removed=[],
            remaining=[f"endpoint {retirement.target} with {queued} queued requests"],
        )
    names = endpoints_of(retirement, versions)
    removals = {
        name: remove_endpoint(name, retirement.endpoint, retirement.model) for name in names
    }
    deleting = [name for name, each in removals.items() if each is Removal.DELETING]
    waiting = [name for name, each in removals.items() if each is Removal.WAITING]
    existing = [name for name in names if name in (*deleting, *waiting)]
    if existing:
        return RetireModelOutput(
            done=False,
            overtaken=False,
            removed=[f"endpoint {name}" for name in deleting],
            remaining=[
                *(f"endpoint {name}" for name in existing),
                *(f"version {version}" for version in versions),
            ],
        )
    for version in versions:
        remove_version(bucket, retirement.model, retirement.endpoint, version)
    if not is_staging(retirement):
        if removals[retirement.endpoint] is Removal.DELETED:
            remove_endpoint_alarm(retirement.endpoint)
            remove_backlog_alarm(retirement.endpoint)
        remove_schedules(retirement.endpoint)
        forget_live(bucket, retirement.model)
    removed = [f"version {version}" for version in versions]
    return RetireModelOutput(done=True, overtaken=False, removed=removed, remaining=[])
