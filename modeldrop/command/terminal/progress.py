"""An execution as a person sees it go by: each state with the time it took, and what lasts."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.markup import escape

from modeldrop.command.terminal.screen import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from modeldrop.executions.endpoint_progress import EndpointStart
    from modeldrop.executions.following import StateVisit
    from modeldrop.executions.outcome import Watch

    Look = Callable[[list[StateVisit]], EndpointStart | None]


@contextmanager
def progress(look: Look = lambda _visits: None) -> Iterator[Watch]:
    """Print each state once it is left, and show the one that lasts.

    A terminal has a line that lives, and a second one with the container's last word; what is no
    terminal gets a line whenever the endpoint's status changes.

    Args:
        look: says what is waited for.
    """
    printed, told = 0, ""
    with console.status("Waiting for the execution to start") as status:

        def watch(visits: list[StateVisit]) -> None:
            nonlocal printed, told
            left = [visit for visit in visits if visit.left is not None]
            known = {visit.name for visit in left[:printed]}
            for visit in left[printed:]:
                if visit.name not in known:  # the wait and its check come again and again
                    _print(visit, visits[0])
                known.add(visit.name)
            printed = len(left)
            if not visits:
                return
            start = look(visits)
            waits = f"{start.endpoint} is {start.status}" if start and start.status else ""
            if waits and waits != told and not console.is_terminal:
                console.print(f"  {_since(visits[0]):>6.1f} s  {waits}", markup=False)
            told = waits or told
            status.update(_lasting(visits, waits, start.log_line if start else ""))

        yield watch


def _print(visit: StateVisit, first: StateVisit) -> None:
    if visit.left is None or not visit.takes_time:
        return
    seconds = (visit.left - visit.entered).total_seconds()
    elapsed = (visit.left - first.entered).total_seconds()
    console.print(f"  {elapsed:>6.1f} s  {visit.name:<24}{seconds:>6.1f} s")


def _lasting(visits: list[StateVisit], waits: str, log_line: str) -> str:
    """Describe the state that lasts; with a second line where the container speaks."""
    line = f"{visits[-1].name}, {_since(visits[0]):.0f} s in all"
    if waits:
        line += f": {waits}"
    if log_line:
        line += f"\n  [dim]{escape(log_line[: max(console.width - 4, 20)])}[/dim]"
    return line


def _since(first: StateVisit) -> float:
    return (datetime.now(UTC) - first.entered).total_seconds()
