"""Whose turn it is on an endpoint: one deployment at a time, from its update to its verdict.

Without this a smoke test could judge another version's answers, and a version that fails could be
noted as what to go back to. See docs/decisions/0008-one-version-under-test-at-a-time.md.
"""

from __future__ import annotations

from workflow.errors import EndpointBusy
from workflow.versions.execution import is_running
from workflow.versions.ownership import config_tags


def wait_for_turn(config: str, execution_arn: str) -> None:
    """Let the execution pass that may change an endpoint which runs on the config.

    Raises:
        EndpointBusy: another execution still has the config on trial.
    """
    made = config_tags(config)
    if made is None or made.verified or made.execution_arn in (None, execution_arn):
        return
    if is_running(made.execution_arn):
        raise EndpointBusy(
            f"{config} is still on trial, in the hands of {made.execution_arn}.",
            "No action needed: this step is retried when that deployment has ended.",
        )
