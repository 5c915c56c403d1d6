"""Remove Old Versions: the newest are kept to go back to, and the rest costs nothing any more."""

from remove_old_versions.in_use import used_versions
from remove_old_versions.surplus import surplus
from workflow.contracts.deploy_model import RemoveOldVersionsInput, RemoveOldVersionsOutput
from workflow.settings import RemoveOldVersionsSettings
from workflow.step import step
from workflow.versions.claim import is_in_hand
from workflow.versions.version_removal import remove_version
from workflow.versions.versions import known_versions


@step(RemoveOldVersionsInput)
def handler(given: RemoveOldVersionsInput) -> RemoveOldVersionsOutput:
    """Remove what is older than the newest few, and neither serves nor is about to."""
    settings = RemoveOldVersionsSettings.read()
    bucket, model, endpoint = (
        settings.artifact_bucket,
        given.deployment.model,
        given.deployment.endpoint,
    )
    known = known_versions(bucket, model, endpoint)
    surplus_now = surplus(known, used_versions(endpoint), settings.kept_versions)
    old = [version for version in surplus_now if not is_in_hand(bucket, model, version)]
    for version in old:
        remove_version(bucket, model, endpoint, version)
    return RemoveOldVersionsOutput(removed=old)
