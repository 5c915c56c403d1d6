"""Following an execution of the workflow: which one a drop started, and the states it goes by."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_stepfunctions import SFNClient

    from modeldrop.dropping.drop import Dropped

POLL_SECONDS = 0.25
START_TIMEOUT_SECONDS = 60
"""EventBridge delivers within seconds; after a minute something is wrong with the rule."""
_TAKE_TIME = ("TaskStateEntered", "WaitStateEntered")


@dataclass(frozen=True)
class StateVisit:
    """One stay in a state.

    Attributes:
        left: None while it lasts.
        output: JSON.
        takes_time: it is a task or a wait; the others choose, and pass on.
    """

    name: str
    entered: datetime
    left: datetime | None
    output: str = ""
    takes_time: bool = True


def find_execution(stepfunctions: SFNClient, state_machine_arn: str, dropped: Dropped) -> str:
    """Wait for the execution that the drop started, and give its ARN.

    Raises:
        UsageError: none has started in time.
    """
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    seen: set[str] = set()
    while time.monotonic() < deadline:
        listed = stepfunctions.list_executions(stateMachineArn=state_machine_arn, maxResults=100)
        for execution in listed["executions"]:
            arn = execution["executionArn"]
            if arn not in seen and _is_of(stepfunctions, arn, dropped):
                return arn
            seen.add(arn)
        time.sleep(POLL_SECONDS)
    raise UsageError(
        f"No execution has started for s3://{dropped.bucket}/{dropped.key}. Look at the rule's "
        "dead-letter queue (UndeliveredDropsQueue)."
    )


def _is_of(stepfunctions: SFNClient, arn: str, dropped: Dropped) -> bool:
    found = stepfunctions.describe_execution(executionArn=arn)
    detail = json.loads(found.get("input", "{}")).get("detail", {})
    dropped_object = detail.get("object", {})
    return (
        detail.get("bucket", {}).get("name") == dropped.bucket
        and dropped_object.get("key") == dropped.key
        and dropped_object.get("etag") == dropped.etag
        and dropped_object.get("version-id") in (None, dropped.version_id)
    )


def is_running(stepfunctions: SFNClient, arn: str) -> bool:
    """Tell whether the execution has not ended."""
    return stepfunctions.describe_execution(executionArn=arn)["status"] == "RUNNING"


def visits(stepfunctions: SFNClient, arn: str) -> list[StateVisit]:
    """List the states that the execution went by, in order; the last one may still last."""
    found: list[StateVisit] = []
    pages = stepfunctions.get_paginator("get_execution_history").paginate(executionArn=arn)
    for page in pages:
        for event in page["events"]:
            if "stateEnteredEventDetails" in event:
                name = event["stateEnteredEventDetails"]["name"]
                takes_time = event["type"] in _TAKE_TIME
                found.append(StateVisit(name, event["timestamp"], None, takes_time=takes_time))
            elif "stateExitedEventDetails" in event and found:
                last, output = found[-1], event["stateExitedEventDetails"].get("output", "")
                found[-1] = replace(last, left=event["timestamp"], output=output)
    return found


def follow(
    stepfunctions: SFNClient, arn: str, poll_seconds: float = POLL_SECONDS
) -> Iterator[list[StateVisit]]:
    """Give what has been visited, again and again, until the execution has ended."""
    running = True
    while running:
        running = is_running(stepfunctions, arn)
        yield visits(stepfunctions, arn)
        if running:
            time.sleep(poll_seconds)
