"""Progress of an execution: finished states with their durations, and the current state."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from modeldrop.command.terminal.printable import printable
from modeldrop.command.terminal.screen import console
from modeldrop.executions.usual_course import steps_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model_packager.executions.history import StateVisit
    from modeldrop.executions.endpoint_progress import EndpointStart
    from modeldrop.executions.outcome import Watch
    from modeldrop.executions.usual_course import UsualCourse

    Poll = Callable[[list[StateVisit]], EndpointStart | None]


@contextmanager
def progress(
    poll: Poll = lambda _visits: None, usual: UsualCourse | None = None
) -> Iterator[Watch]:
    """Print finished states, and show the current one.

    A terminal shows a live line, and a second line with the container's last log line. Other
    outputs get a line whenever the endpoint's status changes.

    Args:
        poll: returns the endpoint that the execution waits for.
        usual: the usual course of this model's deployments.
    """
    printed, last_status = 0, ""
    with console.status("Waiting for the execution to start") as status:

        def watch(visits: list[StateVisit]) -> None:
            nonlocal printed, last_status
            left = [visit for visit in visits if visit.left is not None]
            known = {visit.name for visit in left[:printed]}
            for visit in left[printed:]:
                if visit.name not in known:  # Wait and Check states repeat
                    _print(visit, visits[0])
                known.add(visit.name)
            printed = len(left)
            if not visits:
                return
            start = poll(visits)
            status_line = f"{start.endpoint} is {start.status}" if start and start.status else ""
            if status_line and status_line != last_status and not console.is_terminal:
                console.print(f"  {_since(visits[0]):>6.1f} s  {status_line}")
            last_status = status_line or last_status
            log_line = start.log_line if start else ""
            status.update(current(visits, status_line, log_line, usual))

        yield watch


def _print(visit: StateVisit, first: StateVisit) -> None:
    if visit.left is None or not visit.takes_time:
        return
    seconds = (visit.left - visit.entered).total_seconds()
    elapsed = (visit.left - first.entered).total_seconds()
    mark = "✗" if visit.failed else "✓"
    console.print(f"{mark} {elapsed:>6.1f} s  {visit.name:<24}{seconds:>6.1f} s")


def current(
    visits: list[StateVisit], status_line: str, log_line: str, usual: UsualCourse | None
) -> Text:
    """Describe the current state; a second line has the container's last log line."""
    step = steps_of(visits)
    of = f" of {usual.steps}" if usual and step <= usual.steps else ""
    line = f"{visits[-1].name}, step {step}{of}, {_since(visits[0]):.0f} s"
    line += f" ({usual})" if usual else ""
    if status_line:
        line += f": {status_line}"
    if log_line:
        shown = printable(log_line)[: max(console.width - 4, 20)]
        return Text.assemble(line, (f"\n  {shown}", "dim"))
    return Text(line)


def _since(first: StateVisit) -> float:
    return (datetime.now(UTC) - first.entered).total_seconds()
