"""The progress of an execution if stderr is not a terminal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from model_packager.executions.history import StateVisit
from modeldrop.command.terminal.progress import current, progress
from modeldrop.executions.endpoint_progress import EndpointStart
from modeldrop.executions.usual_course import UsualCourse

if TYPE_CHECKING:
    import pytest

BEGAN = datetime.now(UTC)


def visit(name: str, entered: float, left: float | None, *, takes_time: bool = True) -> StateVisit:
    at = [None if each is None else BEGAN + timedelta(seconds=each) for each in (entered, left)]
    assert at[0] is not None
    return StateVisit(name, at[0], at[1], takes_time=takes_time)


def test_states_are_shown_when_they_end(capsys: pytest.CaptureFixture[str]) -> None:
    inspected, packaged = visit("Inspect Model", 0, 1), visit("Package Model", 1.01, 1.03)
    waited = visit("Wait for Endpoint", 1.03, 3)
    checked, again = visit("Check Endpoint", 3, 4), visit("Wait for Endpoint", 4, 9)
    choice = visit("Drop Type?", 1, 1.01, takes_time=False)
    with progress() as watch:
        watch([])
        watch([inspected, choice, packaged, visit("Wait for Endpoint", 1.03, None)])
        watch([inspected, choice, packaged, waited, checked, again])
    lines = [line.split() for line in capsys.readouterr().err.splitlines() if line.strip()]
    assert lines == [
        ["✓", "1.0", "s", "Inspect", "Model", "1.0", "s"],
        ["✓", "1.0", "s", "Package", "Model", "0.0", "s"],
        ["✓", "3.0", "s", "Wait", "for", "Endpoint", "2.0", "s"],
        ["✓", "4.0", "s", "Check", "Endpoint", "1.0", "s"],
    ]


def test_failed_state_has_its_own_mark(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as watch:
        watch([replace(visit("Smoke Test", 0, 1), failed=True), visit("Roll Back", 1, 2)])
    marks = [line.split()[0] for line in capsys.readouterr().err.splitlines() if line.strip()]
    assert marks == ["✗", "✓"]


def test_current_state_has_step_and_usual_duration() -> None:
    visits = [visit("Inspect Model", 0, 1), visit("Check Endpoint", 1, None)]
    usual = UsualCourse(steps=12, shortest=250, longest=470)
    assert current(visits, "", "", usual).plain.startswith("Check Endpoint, step 2 of 12, ")
    assert current(visits, "", "", usual).plain.endswith("(usually 4–8 min)")  # noqa: RUF001
    unknown = current(visits, "modeldrop-cat is Creating", "", None).plain
    assert unknown.startswith("Check Endpoint, step 2, ")
    assert unknown.endswith(" s: modeldrop-cat is Creating")


def test_endpoint_status_is_shown_when_it_changes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    statuses = iter(["Creating", "Creating", "", "InService"])

    def look(_visits: list[StateVisit]) -> EndpointStart:
        return EndpointStart("modeldrop-cat", next(statuses), "[loading] 50 %")

    with progress(look) as watch:
        for _ in range(4):
            watch([visit("Wait for Endpoint", 0, None)])
    screen = capsys.readouterr().err
    assert screen.count("modeldrop-cat is Creating") == 1
    assert screen.count("modeldrop-cat is InService") == 1
    assert "loading" not in screen
