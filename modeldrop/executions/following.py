"""Finds an execution of the workflow, and follows the states that it visits."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from model_packager.executions.history import StateVisit, state_visits
from modeldrop.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mypy_boto3_stepfunctions import SFNClient

    from modeldrop.dropping.drop import Dropped

POLL_SECONDS = 0.25
LONGEST_POLL_SECONDS = 3.0
"""The maximum poll interval. ListExecutions allows 2 to 5 calls per second, account and Region.

Source: Step Functions developer guide, "Quotas related to API action throttling".
"""

START_TIMEOUT_SECONDS = 60
"""The time limit for the start. EventBridge delivers within seconds, so after a minute the rule
must have a problem."""

CLOCK_SKEW = timedelta(seconds=5)
"""The assumed maximum difference between the clocks of S3 and Step Functions."""


class NotStarted(CommandError):
    """An upload started no execution in time."""


def first_executions(stepfunctions: SFNClient, state_machine_arn: str) -> frozenset[str]:
    """Return the ARNs of the newest executions of a state machine."""
    listed = stepfunctions.list_executions(stateMachineArn=state_machine_arn, maxResults=100)
    return frozenset(each["executionArn"] for each in listed["executions"])


def find_execution(
    stepfunctions: SFNClient,
    state_machine_arn: str,
    dropped: Dropped,
    earlier: Collection[str] = (),
) -> str:
    """Wait for the execution that the drop starts, and return its ARN.

    Args:
        stepfunctions: a client.
        state_machine_arn: the ARN of the state machine.
        dropped: the uploaded object.
        earlier: the ARNs of executions that an earlier upload of the same object started.

    Raises:
        NotStarted: no execution started in time.
    """
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    seen: set[str] = set(earlier)
    pause = POLL_SECONDS
    while time.monotonic() < deadline:
        listed = stepfunctions.list_executions(stateMachineArn=state_machine_arn, maxResults=100)
        for execution in listed["executions"]:
            arn = execution["executionArn"]
            started_before = execution["startDate"] < dropped.at - CLOCK_SKEW
            if arn not in seen and not started_before and _is_of(stepfunctions, arn, dropped):
                return arn
            seen.add(arn)
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL_SECONDS)
    raise NotStarted(
        f"No execution started for s3://{dropped.bucket}/{dropped.key}.",
        "Check the dead-letter queue of the rule (UndeliveredDropsQueue).",
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
    """Return whether the execution is running."""
    return stepfunctions.describe_execution(executionArn=arn)["status"] == "RUNNING"


def visits(stepfunctions: SFNClient, arn: str) -> list[StateVisit]:
    """List the states that the execution visited, in order; the last visit may not have ended."""
    pages = stepfunctions.get_paginator("get_execution_history").paginate(executionArn=arn)
    return state_visits(event for page in pages for event in page["events"])


def follow(stepfunctions: SFNClient, arn: str, poll_seconds: float) -> Iterator[list[StateVisit]]:
    """Yield the visited states at each poll, until the execution ends."""
    running = True
    while running:
        running = is_running(stepfunctions, arn)
        yield visits(stepfunctions, arn)
        if running:
            time.sleep(poll_seconds)
