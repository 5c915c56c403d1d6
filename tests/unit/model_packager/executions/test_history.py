from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from model_packager.executions.history import StateVisit, state_visits

START = datetime(2026, 8, 1, 15, 12, 24, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def entered(seconds: float, kind: str, name: str) -> dict[str, Any]:
    return {
        "timestamp": at(seconds),
        "type": f"{kind}StateEntered",
        "stateEnteredEventDetails": {"name": name},
    }


def exited(seconds: float, name: str, output: str | None = None) -> dict[str, Any]:
    details = {"name": name} | ({"output": output} if output else {})
    return {"timestamp": at(seconds), "type": "X", "stateExitedEventDetails": details}


def test_visit_failed_if_its_last_attempt_did() -> None:
    events = [
        entered(0, "Task", "Create Model"),
        {"timestamp": at(1), "type": "TaskFailed"},
        {"timestamp": at(2), "type": "TaskSucceeded"},
        exited(2, "Create Model"),
        entered(3, "Task", "Smoke Test"),
        {"timestamp": at(4), "type": "TaskTimedOut"},
        exited(4, "Smoke Test"),
        entered(5, "Task", "Roll Back"),
    ]
    assert [visit.failed for visit in state_visits(events)] == [False, True, False]


def test_visits_are_in_order_and_the_last_may_not_have_ended() -> None:
    events = [
        {"timestamp": at(0), "type": "ExecutionStarted"},
        entered(0, "Pass", "Receive Drop"),
        exited(0.1, "Receive Drop"),
        entered(1, "Wait", "Wait for Endpoint"),
        exited(6, "Wait for Endpoint"),
        entered(6, "Task", "Check Endpoint"),
        {"timestamp": at(6.5), "type": "TaskFailed"},
        exited(7, "Check Endpoint", '{"ready": true}'),
        entered(7, "Choice", "Endpoint Ready?"),
        exited(7, "Endpoint Ready?"),
        entered(8, "Task", "Write Report"),
    ]
    visits = state_visits(events)
    assert visits == [
        StateVisit("Receive Drop", at(0), at(0.1), takes_time=False),
        StateVisit("Wait for Endpoint", at(1), at(6)),
        StateVisit("Check Endpoint", at(6), at(7), '{"ready": true}', failed=True),
        StateVisit("Endpoint Ready?", at(7), at(7), takes_time=False),
        StateVisit("Write Report", at(8), None),
    ]
    assert [visit.seconds for visit in visits] == [0.1, 5, 1, 0, 0]


def test_no_events_are_no_visits() -> None:
    assert state_visits([]) == []
