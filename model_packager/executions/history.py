"""The states that an execution visited, from its history.

Source: GetExecutionHistory API reference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

_TAKE_TIME = ("TaskStateEntered", "WaitStateEntered")
_ATTEMPT_ENDS = ("Succeeded", "Failed", "TimedOut")
"""The ends of event names such as TaskFailed, LambdaFunctionTimedOut and ExecutionFailed."""


@dataclass(frozen=True)
class StateVisit:
    """One visit to a state. A state in a polling loop has many.

    Attributes:
        left: None if the execution is still in the state.
        output: JSON; empty if the history was read without data.
        takes_time: whether it is a task or a wait. Choice and Pass states take no time.
        failed: whether its last attempt failed, so that another state handles the error.
    """

    name: str
    entered: datetime
    left: datetime | None
    output: str = ""
    takes_time: bool = True
    failed: bool = False

    @property
    def seconds(self) -> float:
        """The duration of the visit; 0 if it has not ended."""
        return (self.left - self.entered).total_seconds() if self.left else 0.0


def state_visits(events: Iterable[Mapping[str, Any]]) -> list[StateVisit]:
    """List the visits in order. Without Parallel states, they do not overlap."""
    visits: list[StateVisit] = []
    for event in events:
        if "stateEnteredEventDetails" in event:
            name = event["stateEnteredEventDetails"]["name"]
            takes_time = event["type"] in _TAKE_TIME
            visits.append(StateVisit(name, event["timestamp"], None, takes_time=takes_time))
        elif "stateExitedEventDetails" in event and visits:
            output = event["stateExitedEventDetails"].get("output", "")
            visits[-1] = replace(visits[-1], left=event["timestamp"], output=output)
        elif visits and event["type"].endswith(_ATTEMPT_ENDS):
            failed = not event["type"].endswith("Succeeded")
            visits[-1] = replace(visits[-1], failed=failed)
    return visits
