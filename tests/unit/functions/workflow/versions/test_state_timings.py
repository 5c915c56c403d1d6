from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from workflow.versions.state_timings import timings_in

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

START = datetime(2026, 8, 1, 15, 12, 24, tzinfo=UTC)


def event(kind: str, seconds: float, name: str = "") -> HistoryEventTypeDef:
    found: dict[str, object] = {
        "timestamp": START + timedelta(seconds=seconds),
        "type": f"TaskState{kind}",
    }
    if name:
        found[f"state{kind}EventDetails"] = {"name": name}
    return cast("HistoryEventTypeDef", found)


def test_no_events_are_no_timings() -> None:
    assert timings_in([]) == {}


def test_states_in_order_with_their_seconds() -> None:
    events = [
        event("ExecutionStarted", 0),
        event("Entered", 0.1, "Receive Drop"),
        event("Exited", 0.1, "Receive Drop"),
        event("Entered", 0.2, "Inspect Model"),
        event("LambdaFunctionScheduled", 0.3),
        event("LambdaFunctionSucceeded", 1.3),
        event("Exited", 1.4504, "Inspect Model"),
    ]
    found = timings_in(events)
    assert found == {"Receive Drop": 0, "Inspect Model": 1.25}
    assert list(found) == ["Receive Drop", "Inspect Model"]


def test_state_entered_again_is_summed() -> None:
    events = [
        event(kind, seconds, name)
        for kind, seconds, name in [
            ("Entered", 0, "Check Endpoint"),
            ("Exited", 1, "Check Endpoint"),
            ("Entered", 1, "Wait"),
            ("Exited", 16, "Wait"),
            ("Entered", 16, "Check Endpoint"),
            ("Exited", 18.5, "Check Endpoint"),
        ]
    ]
    assert timings_in(events) == {"Check Endpoint": 3.5, "Wait": 15}


def test_state_that_lasts_is_left_out() -> None:
    assert timings_in([event("Entered", 0, "Publish Result")]) == {}
