"""The notifications that an embedded cloud has sent, newest first.

The states Publish Result and Publish Retirement return what they give to SNS, so the histories of
the executions have every notification, and no subscription is needed. The plain message about an
execution that ended without a result is not among them: `modeldrop local logs` names it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modeldrop.executions.last_executions import AT_A_TIME
from modeldrop.executions.outcome import published_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from boto3 import Session
    from mypy_boto3_stepfunctions import SFNClient

    from modeldrop.executions.published import Published

NEWEST = 20
"""The number of notifications that are shown."""

SEARCHED = 200
"""The most executions of a state machine whose histories are read."""

_MACHINES = ("DeployModelStateMachineArn", "RetireModelStateMachineArn")


@dataclass(frozen=True)
class Received:
    """A notification, when it was sent, and the model that it is about."""

    at: datetime
    model: str
    published: Published


def read_inbox(
    session: Session, outputs: Mapping[str, str], *, model: str | None = None, most: int = NEWEST
) -> list[Received]:
    """Return the newest notifications, newest first.

    Args:
        session: of the embedded cloud.
        outputs: of the stack.
        model: of this model only; None for all.
        most: their number.
    """
    stepfunctions = session.client("stepfunctions")
    ended = [each for machine in _MACHINES for each in _ended(stepfunctions, outputs[machine])]
    ended.sort(reverse=True)
    found: list[Received] = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for first in range(0, len(ended), AT_A_TIME):  # no more than needed
            some = ended[first : first + AT_A_TIME]
            read = pool.map(lambda each: _received(stepfunctions, *each), some)
            found += [each for each in read if each and model in (None, each.model)]
            if len(found) >= most:
                break
    return found[:most]


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
    source = published.content.get("source") or {}
    model = published.content.get("model") or source.get("key") or "?"
    return Received(at, str(model), published)
