"""What Retire Model returns: the state machine calls it again until it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.contracts.retire_model import RetireModelOutput

if TYPE_CHECKING:
    from collections.abc import Iterable


def done(removed: Iterable[str] = ()) -> RetireModelOutput:
    """Return that nothing is left to delete."""
    return RetireModelOutput(done=True, overtaken=False, removed=list(removed), remaining=[])


def overtaken() -> RetireModelOutput:
    """Return that a later deployment uses the endpoint, so nothing is deleted."""
    return RetireModelOutput(done=True, overtaken=True, removed=[], remaining=[])


def not_yet(remaining: Iterable[str], removed: Iterable[str] = ()) -> RetireModelOutput:
    """Return what this call has deleted, and what a later call has to delete."""
    return RetireModelOutput(
        done=False, overtaken=False, removed=list(removed), remaining=list(remaining)
    )
