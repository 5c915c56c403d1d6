"""Deploys one model on the embedded cloud, from the upload to the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modeldrop.dropping.drop import check, put
from modeldrop.executions.following import find_execution
from modeldrop.executions.outcome import follow_to_outcome

if TYPE_CHECKING:
    from modeldrop.dropping.drop import Drop
    from modeldrop.executions.outcome import Outcome, Watch
    from modeldrop.local.cloud_state import EmbeddedCloud

PARAMETERS = {
    "FirstPollSeconds": "1",
    "PollSeconds": "1",
    "SettleSeconds": "1",
    "EndpointTimeoutSeconds": "300",
}
"""Faster polling: a local endpoint is ready within seconds, not minutes."""

_POLL_SECONDS = 0.25
"""The command's poll interval. It is short, because the emulator has no API quotas and short states
should be visible."""


def run(cloud: EmbeddedCloud, drop: Drop, watch: Watch = lambda _visits: None) -> Outcome:
    """Upload a model without checking it offline, and follow the deployment to its result.

    Args:
        cloud: a running cloud.
        drop: the files to upload.
        watch: called with the states visited so far after each poll.

    Raises:
        UsageError: a file of the drop is missing.
        NotStarted: the upload started no execution.
    """
    check(drop)
    session = cloud.session()
    stepfunctions = session.client("stepfunctions")
    dropped = put(session.client("s3"), cloud.output("DropBucketName"), drop)
    arn = find_execution(stepfunctions, cloud.output("DeployModelStateMachineArn"), dropped)
    return follow_to_outcome(stepfunctions, arn, watch, poll_seconds=_POLL_SECONDS)
