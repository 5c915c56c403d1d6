"""How long each state took, from the execution's own history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.clients import stepfunctions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef


def state_timings(execution_arn: str) -> dict[str, float]:
    """Sum the seconds of each state that was left so far, in the order they were entered."""
    pages = stepfunctions().get_paginator("get_execution_history")
    found = pages.paginate(executionArn=execution_arn, includeExecutionData=False)
    return timings_in(event for page in found for event in page["events"])


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
