"""The time that each state took, from the history of the execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model_packager.executions.history import StateVisit, state_visits
from workflow.aws.clients import stepfunctions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def state_timings(execution_arn: str) -> dict[str, float]:
    """Return the seconds of each finished state, in the order of the first visit."""
    return timings_in(_history(execution_arn))


def task_visits(execution_arn: str) -> list[StateVisit]:
    """Return every finished visit to a task or a wait, in order."""
    return [
        visit
        for visit in state_visits(_history(execution_arn))
        if visit.takes_time and visit.left is not None
    ]


def timings_in(events: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Sum the seconds of the finished visits to each state."""
    seconds: dict[str, float] = {}
    for visit in state_visits(events):
        if visit.left is not None:
            seconds[visit.name] = round(seconds.get(visit.name, 0.0) + visit.seconds, 3)
    return seconds


def _history(execution_arn: str) -> Iterator[Mapping[str, Any]]:
    pages = stepfunctions().get_paginator("get_execution_history")
    for page in pages.paginate(executionArn=execution_arn, includeExecutionData=False):
        yield from page["events"]
