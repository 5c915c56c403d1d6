"""Decides whether a requested retirement still applies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.contracts.retire_model import RetirementDecision, RetirementReason

if TYPE_CHECKING:
    from decide_retirement.current_state import CurrentState
    from workflow.contracts.retire_model import RetirementRequest


def decide(
    request: RetirementRequest, state: CurrentState, *, retire_on_delete: bool
) -> RetirementDecision:
    """Decide from the current state.

    Args:
        request: the requested retirement.
        state: the model's current state.
        retire_on_delete: whether deleting the dropped object retires its model; otherwise it only
            sends a notice.
    """
    if not _still_applies(request, state):
        return RetirementDecision.NOTHING
    notify_only = request.notify_only
    if request.reason is RetirementReason.OBJECT_DELETED:
        notify_only = not retire_on_delete
    return RetirementDecision.NOTICE if notify_only else RetirementDecision.RETIRE


def _still_applies(request: RetirementRequest, state: CurrentState) -> bool:
    live = state.live
    if request.keep_versions:
        return live is not None and live.version in state.on_target
    if request.reason is RetirementReason.COMMAND:
        return bool(live or state.on_target or state.known)
    if request.reason is RetirementReason.STUCK:
        passed = state.verified and not request.notify_only and request.target is None
        return request.version in state.on_target and not passed
    if live is None:
        return False
    if request.deleted is not None:
        served = (live.source.bucket, live.source.key)
        deleted = (request.deleted.bucket, request.deleted.key)
        return served == deleted and not state.object_exists
    return live.version == request.version
