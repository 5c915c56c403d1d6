"""One drop on the embedded cloud, from the upload to the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modeldrop.dropping.drop import check, put
from modeldrop.executions.following import find_execution
from modeldrop.executions.outcome import follow_to_outcome

if TYPE_CHECKING:
    from modeldrop.dropping.drop import Drop
    from modeldrop.executions.outcome import Outcome, Watch
    from modeldrop.local.cloud import EmbeddedCloud

PARAMETERS = {
    "FirstPollSeconds": "1",
    "PollSeconds": "1",
    "SettleSeconds": "1",
    "EndpointTimeoutSeconds": "300",
}
"""An endpoint here is ready within seconds, not minutes, so it is looked at more often."""


def run(cloud: EmbeddedCloud, drop: Drop, watch: Watch = lambda _visits: None) -> Outcome:
    """Drop a model, unjudged, and follow it to its result.

    Args:
        cloud: with the stack deployed.
        drop: what to drop.
        watch: is given the states visited so far, again and again.

    Raises:
        UsageError: a file of the drop is missing, or no execution has started.
        ModelRejected: the name cannot be a model's.
    """
    check(drop)
    session = cloud.session()
    stepfunctions = session.client("stepfunctions")
    dropped = put(session.client("s3"), cloud.output("DropBucketName"), drop)
    arn = find_execution(stepfunctions, cloud.output("DeployModelStateMachineArn"), dropped)
    return follow_to_outcome(stepfunctions, arn, watch)
