"""Retire Model: deletes everything of a model that costs money, one step per call."""

from retire_model.model_removal import remove_model
from retire_model.pool import leave_pool
from retire_model.sleep import put_to_sleep
from workflow.contracts.retire_model import RetireModelInput, RetireModelOutput
from workflow.settings import RetireModelSettings
from workflow.step import step


@step(RetireModelInput)
def handler(event: RetireModelInput) -> RetireModelOutput:
    """Take the next step. A model that is put to sleep loses only its endpoint and alarms."""
    retirement, bucket = event.retirement, RetireModelSettings.read().artifact_bucket
    if retirement.pool is not None:
        return leave_pool(event, retirement.pool, bucket)
    if retirement.keep_versions:
        return put_to_sleep(event, bucket)
    return remove_model(event, bucket)
