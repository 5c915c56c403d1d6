"""Remove Old Versions: keeps the newest versions for rollbacks, and deletes the others."""

from remove_old_versions.in_use import used_in_pool, used_versions
from remove_old_versions.surplus import surplus
from workflow.contracts.deploy_model import RemoveOldVersionsInput, RemoveOldVersionsOutput
from workflow.pool.departure import remove_from_pool
from workflow.pool.endpoint_configs import remove_spare_configs
from workflow.pool.lock import release
from workflow.settings import RemoveOldVersionsSettings
from workflow.step import step
from workflow.versions.claim import has_running_owner
from workflow.versions.drop_order import sorted_by_drop
from workflow.versions.version_removal import remove_shadow_configs, remove_version
from workflow.versions.versions import known_versions


@step(RemoveOldVersionsInput)
def handler(event: RemoveOldVersionsInput) -> RemoveOldVersionsOutput:
    """Delete old versions that are neither live nor being deployed, and the shadow config.

    In a pool, delete the endpoint config before a change, and release the lock.
    """
    settings = RemoveOldVersionsSettings.read()
    bucket, model, endpoint = (
        settings.artifact_bucket,
        event.deployment.model,
        event.deployment.endpoint,
    )
    pool = event.deployment.pool
    known = known_versions(bucket, model, endpoint)
    used = used_versions(endpoint) if pool is None else used_in_pool(bucket, model)
    # A version that is still being deployed may fail, so it does not count as kept.
    running = {each for each in known - used if has_running_owner(bucket, model, each)}
    ordered = sorted_by_drop(endpoint, (known - running) | used)
    old = [each for each in surplus(ordered, used, settings.kept_versions) if each in known]
    if pool is not None:
        remove_from_pool(bucket, pool, model, old)
        remove_spare_configs(endpoint)
        release(bucket, pool, event.deployment.execution_arn)
        return RemoveOldVersionsOutput(removed=old)
    remove_shadow_configs(endpoint, event.deployment.execution_arn)
    for version in old:
        remove_version(bucket, model, endpoint, version)
    return RemoveOldVersionsOutput(removed=old)
