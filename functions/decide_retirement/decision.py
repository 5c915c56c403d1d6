"""Whether a retirement is to be done: what was asked for may have been overtaken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.contracts.retire_model import RetirementDecision, RetirementReason

if TYPE_CHECKING:
    from decide_retirement.current_state import Found
    from workflow.contracts.retire_model import RetirementRequest


def decide(
    request: RetirementRequest, found: Found, *, retire_on_delete: bool
) -> RetirementDecision:
    """Decide by what there is now.

    Args:
        request: what is asked for.
        found: what there is.
        retire_on_delete: a deletion of the drop retires its model, not only tells of it.
    """
    if not _still_holds(request, found):
        return RetirementDecision.NOTHING
    only_tell = request.only_tell
    if request.reason is RetirementReason.OBJECT_DELETED:
        only_tell = not retire_on_delete
    return RetirementDecision.NOTICE if only_tell else RetirementDecision.RETIRE


def _still_holds(request: RetirementRequest, found: Found) -> bool:
    live = found.live
    if request.reason is RetirementReason.COMMAND:
        return bool(live or found.on_target or found.known)
    if request.reason is RetirementReason.STUCK:
        passed = found.verified and not request.only_tell and request.target is None
        return request.version in found.on_target and not passed
    if live is None:
        return False
    if request.deleted is not None:
        served = (live.source.bucket, live.source.key)
        deleted = (request.deleted.bucket, request.deleted.key)
        return served == deleted and not found.dropped_again
    return live.version == request.version
