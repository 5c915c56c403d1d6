"""An execution as a person sees it go by: each state with the time it took."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from modeldrop.command.screen import people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modeldrop.execution import StateVisit
    from modeldrop.outcome import Watch

SILENT_SECONDS = 0.05
"""Choices and other states that do no work are left within a few milliseconds."""


@contextmanager
def progress() -> Iterator[Watch]:
    """Print each state once it is left, and show the one that lasts."""
    printed = 0
    with people.status("Waiting for the execution to start") as status:

        def watch(visits: list[StateVisit]) -> None:
            nonlocal printed
            left = [visit for visit in visits if visit.left is not None]
            for visit in left[printed:]:
                _print(visit, visits[0])
            printed = len(left)
            if visits:
                status.update(visits[-1].name)

        yield watch


def _print(visit: StateVisit, first: StateVisit) -> None:
    if visit.left is None:
        return
    seconds = (visit.left - visit.entered).total_seconds()
    elapsed = (visit.left - first.entered).total_seconds()
    if seconds >= SILENT_SECONDS:
        people.print(f"  {elapsed:>6.1f} s  {visit.name:<24}{seconds:>6.1f} s")
