"""Events reach the workflows or a queue on AWS. The embedded cloud does not check this."""

from __future__ import annotations

from typing import Any

import pytest

from tests.consistency.asl import RESOURCES

QUEUE_ARN = {"Fn::GetAtt": "UndeliveredDropsQueue.Arn"}
EVENTS = {
    f"{name}.{event}": each
    for name, resource in RESOURCES.items()
    for event, each in resource.get("Properties", {}).get("Events", {}).items()
}
RULES = [name for name, each in EVENTS.items() if each["Type"] == "EventBridgeRule"]
ROLE_BY_SAM = {"EventBridgeRule", "Schedule", "ScheduleV2"}
"""The event types for which SAM creates the role or function policy that starts the target.

Source: SAM developer guide, "Generated CloudFormation resources" of state machines and functions.
"""


@pytest.mark.parametrize("name", RULES)
def test_undelivered_event_is_kept(name: str) -> None:
    assert EVENTS[name]["Properties"]["DeadLetterConfig"] == {"Arn": QUEUE_ARN}


def test_eventbridge_may_write_to_the_queue() -> None:
    policy = RESOURCES["UndeliveredDropsQueuePolicy"]["Properties"]
    assert policy["Queues"] == [{"Ref": "UndeliveredDropsQueue"}]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", QUEUE_ARN)


@pytest.mark.parametrize("name", EVENTS)
def test_sam_permits_each_event_to_start_its_target(name: str) -> None:
    event: dict[str, Any] = EVENTS[name]
    assert event["Type"] in ROLE_BY_SAM
    assert "RoleArn" not in event["Properties"]
