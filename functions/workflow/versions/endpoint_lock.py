"""The lock of an endpoint: one deployment at a time, from the update to the end of the smoke test.

Without it, a smoke test could test another version's responses, and a failed version could become
the rollback target. See docs/decisions/0008-one-version-under-test-at-a-time.md.
"""

from __future__ import annotations

from workflow.errors import EndpointBusy
from workflow.versions.execution import is_running
from workflow.versions.ownership import config_tags


def require_unlocked(config: str, execution_arn: str) -> None:
    """Check that the execution may update an endpoint that runs the config.

    Raises:
        EndpointBusy: the config is under test by another running execution.
    """
    owner = tested_by(config, execution_arn)
    if owner is not None:
        raise EndpointBusy(
            f"{config} is still under test by the execution {owner}.",
            "No action needed: this step is retried when that deployment has ended.",
        )


def tested_by(config: str, execution_arn: str) -> str | None:
    """Return the other running execution that tests the config; None if there is none."""
    tags = config_tags(config)
    if tags is None or tags.verified or tags.execution_arn in (None, execution_arn):
        return None
    return tags.execution_arn if is_running(tags.execution_arn) else None
