"""One drop on the embedded cloud, from the upload to the notification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modeldrop.drop import check, put
from modeldrop.execution import find_execution
from modeldrop.notification_queue import notification_queue
from modeldrop.outcome import wait_for_outcome

if TYPE_CHECKING:
    from modeldrop.drop import Drop
    from modeldrop.local.cloud import EmbeddedCloud
    from modeldrop.outcome import Outcome, Watch

PARAMETERS = {"PollSeconds": "1", "SettleSeconds": "1", "EndpointTimeoutSeconds": "300"}
"""An endpoint here is ready within seconds, not minutes, so it is looked at more often."""


def run(cloud: EmbeddedCloud, drop: Drop, watch: Watch = lambda _visits: None) -> Outcome:
    """Drop a model and follow it to its notification.

    Args:
        cloud: with the stack deployed.
        drop: what to drop.
        watch: is given the states visited so far, again and again.

    Raises:
        Mistake: a file of the drop is missing, or no execution or notification has come.
        ModelRejected: the name cannot be a model's.
    """
    check(drop)
    session = cloud.session()
    stepfunctions = session.client("stepfunctions")
    topic = cloud.output("ResultTopicArn")
    with notification_queue(
        session.client("sns"), session.client("sqs"), topic, drop.name
    ) as queue:
        dropped = put(session.client("s3"), cloud.output("DropBucketName"), drop)
        machine = cloud.output("DeployModelStateMachineArn")
        arn = find_execution(stepfunctions, machine, dropped)
        return wait_for_outcome(stepfunctions, arn, queue, watch)
