"""Reads the outcome of an execution from its history.

Publish Result, Publish Batch and Publish Retirement return their notification, so no subscription
is needed. Step Functions keeps histories for 90 days (developer guide, "Service quotas").
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modeldrop.errors import UsageError
from modeldrop.executions.following import follow
from modeldrop.executions.published import Published

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import (
        DescribeExecutionOutputTypeDef,
        HistoryEventTypeDef,
    )

    from model_packager.executions.history import StateVisit

    Watch = Callable[[list[StateVisit]], None]

PUBLISHING = ("Publish Result", "Publish Batch", "Publish Retirement")


@dataclass(frozen=True)
class Outcome:
    """The outcome of a drop. `execution_status` is the status in Step Functions."""

    execution_arn: str
    execution_status: str
    notification: Published


def follow_to_outcome(
    stepfunctions: SFNClient,
    arn: str,
    watch: Watch = lambda _visits: None,
    *,
    poll_seconds: float,
) -> Outcome:
    """Follow an execution to its end, and return its outcome.

    Args:
        stepfunctions: a client.
        arn: the ARN of the execution.
        watch: called with the visited states at each poll.
        poll_seconds: the interval between polls.

    Raises:
        UsageError: only a deploy.yaml was uploaded, with nothing to deploy.
    """
    for visits in follow(stepfunctions, arn, poll_seconds):
        watch(visits)
    return read_outcome(stepfunctions, arn)


def read_outcome(stepfunctions: SFNClient, arn: str) -> Outcome:
    """Return the outcome of an execution that has ended.

    Raises:
        UsageError: the execution had nothing to deploy.
    """
    ended = stepfunctions.describe_execution(executionArn=arn)
    published = _published(stepfunctions, arn)
    if published is None and ended["status"] == "SUCCEEDED":
        raise UsageError("The last deploy.yaml changes nothing.")
    return Outcome(arn, ended["status"], published or unpublished(ended))


def _published(stepfunctions: SFNClient, arn: str) -> Published | None:
    pages = stepfunctions.get_paginator("get_execution_history")
    found = pages.paginate(executionArn=arn, reverseOrder=True)
    return published_in(event for page in found for event in page["events"])


def published_in(events: Iterable[HistoryEventTypeDef]) -> Published | None:
    """Return the published notification; None if there is none."""
    for event in events:
        left = event.get("stateExitedEventDetails")
        if left and left["name"] in PUBLISHING:
            output = json.loads(left.get("output", "{}"))
            if "content" in output:
                return Published(output["subject"], output["message"], output["content"])
    return None


def unpublished(ended: DescribeExecutionOutputTypeDef) -> Published:
    """Describe an execution that ended without a notification."""
    error, cause = ended.get("error", ""), ended.get("cause", "")
    words = f"The execution ended with status {ended['status']} and sent no notification."
    return Published(
        subject=f"{ended['status']}: no notification",
        words=f"{words} {error}: {cause}" if error or cause else words,
        content={
            "status": ended["status"],
            "execution_arn": ended["executionArn"],
            "error": error or None,
            "cause": cause or words,
            "fix": f"See the execution in the Step Functions console: {ended['executionArn']}",
        },
    )
