"""The notifications that an embedded cloud has sent, newest first.

The inbox needs no subscription. The states Publish Result, Publish Batch and Publish Retirement
return the notification that they publish, so the execution histories have it. Notify Failure, which
reports an execution that ended without a result, writes its notification to the log.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from model_packager.executions.published_line import PUBLISHED_LINE
from modeldrop.executions.last_executions import AT_A_TIME
from modeldrop.executions.log_lines import LogGroup
from modeldrop.executions.outcome import published_in
from modeldrop.executions.published import Published

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from boto3 import Session
    from mypy_boto3_stepfunctions import SFNClient

    from modeldrop.executions.log_lines import LogLine

NEWEST = 20
"""The default number of notifications to show."""

SEARCHED = 200
"""The maximum number of executions per state machine whose histories are read."""

_EVER = datetime.fromtimestamp(0, UTC)

_MACHINES = (
    "DeployModelStateMachineArn",
    "RetireModelStateMachineArn",
    "BatchTransformStateMachineArn",
)


@dataclass(frozen=True)
class Received:
    """A notification, with the time it was sent and the model that it is about."""

    at: datetime
    model: str
    published: Published


def read_inbox(
    session: Session, outputs: Mapping[str, str], *, model: str | None = None, most: int = NEWEST
) -> list[Received]:
    """Return the newest notifications, newest first.

    Args:
        session: a session for the embedded cloud.
        outputs: the outputs of the stack.
        model: return only notifications about this model; None for all models.
        most: the maximum number of notifications.
    """
    stepfunctions = session.client("stepfunctions")
    ended = [each for machine in _MACHINES for each in _ended(stepfunctions, outputs[machine])]
    ended.sort(reverse=True)
    found: list[Received] = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for first in range(0, len(ended), AT_A_TIME):  # read no more histories than needed
            some = ended[first : first + AT_A_TIME]
            read = pool.map(lambda each: _received(stepfunctions, *each), some)
            found += [each for each in read if each and model in (None, each.model)]
            if len(found) >= most:
                break
    group = LogGroup(session.client("logs"), outputs["FunctionLogGroupName"], PUBLISHED_LINE)
    logged = [_logged(each) for each in group.lines(_EVER)]
    found += [each for each in logged if each and model in (None, each.model)]
    return sorted(found, key=lambda each: each.at, reverse=True)[:most]


def _ended(stepfunctions: SFNClient, machine_arn: str) -> Iterator[tuple[datetime, str]]:
    pages = stepfunctions.get_paginator("list_executions").paginate(
        stateMachineArn=machine_arn, PaginationConfig={"MaxItems": SEARCHED}
    )
    for page in pages:
        for each in page["executions"]:
            if "stopDate" in each:
                yield each["stopDate"], each["executionArn"]


def _received(stepfunctions: SFNClient, at: datetime, arn: str) -> Received | None:
    pages = stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=arn, reverseOrder=True
    )
    published = published_in(event for page in pages for event in page["events"])
    if published is None:
        return None
    return _as_received(at, published)


def _logged(line: LogLine) -> Received | None:
    """Read the notification in a log line of Notify Failure; None if the line has none."""
    with suppress(ValueError, KeyError, TypeError):
        entry = json.loads(line.text)
        if entry["message"] == PUBLISHED_LINE:
            published = Published(entry["subject"], entry["words"], entry["content"])
            return _as_received(line.at, published)
    return None


def _as_received(at: datetime, published: Published) -> Received:
    source = published.content.get("source") or {}
    model = published.content.get("model") or source.get("key") or "?"
    return Received(at, str(model), published)
