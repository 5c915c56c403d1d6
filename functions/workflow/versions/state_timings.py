"""How long each state took, from the execution's own history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.aws.clients import stepfunctions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef


@dataclass(frozen=True)
class StateVisit:
    """A state from its entering to its leaving; one that is polled in has many."""

    state: str
    entered: datetime
    exited: datetime


def state_timings(execution_arn: str) -> dict[str, float]:
    """Sum the seconds of each state that was left so far, in the order they were entered."""
    return timings_in(_history(execution_arn))


def state_visits(execution_arn: str) -> list[StateVisit]:
    """Give every visit to a state that was left so far, in order, but those that only choose."""
    return list(visits_in(_history(execution_arn)))


def _history(execution_arn: str) -> Iterator[HistoryEventTypeDef]:
    pages = stepfunctions().get_paginator("get_execution_history")
    for page in pages.paginate(executionArn=execution_arn, includeExecutionData=False):
        yield from page["events"]


def timings_in(events: Iterable[HistoryEventTypeDef]) -> dict[str, float]:
    """Sum the seconds between entering and leaving of each state. States follow one another."""
    seconds: dict[str, float] = {}
    entered = None
    for event in events:
        if "stateEnteredEventDetails" in event:
            entered = event["timestamp"]
        elif "stateExitedEventDetails" in event and entered is not None:
            name = event["stateExitedEventDetails"]["name"]
            took = (event["timestamp"] - entered).total_seconds()
            seconds[name] = round(seconds.get(name, 0.0) + took, 3)
    return seconds


def visits_in(events: Iterable[HistoryEventTypeDef]) -> Iterator[StateVisit]:
    """Pair the entering of tasks and waits with their leaving."""
    entered = None
    for event in events:
        if "stateEnteredEventDetails" in event:
            entered = event if event["type"] in _TAKE_TIME else None
        elif "stateExitedEventDetails" in event and entered is not None:
            yield StateVisit(
                event["stateExitedEventDetails"]["name"], entered["timestamp"], event["timestamp"]
            )


_TAKE_TIME = ("TaskStateEntered", "WaitStateEntered")
