"""The reason of a retirement as a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.contracts.retire_model import RetirementReason

if TYPE_CHECKING:
    from workflow.contracts.retire_model import RetirementRequest

_OF_REASON = {
    RetirementReason.COMMAND: "`modeldrop delete` requested it.",
    RetirementReason.SCHEDULE: "The schedule in its deploy.yaml requested it.",
    RetirementReason.OBJECT_DELETED: "Its dropped object was deleted.",
    RetirementReason.TIME_TO_LIVE: "Its time to live has expired.",
    RetirementReason.IDLE: "It has had no requests for a long time.",
    RetirementReason.STUCK: "It is stuck.",
}


def reason_text(request: RetirementRequest) -> str:
    """Return the request's own sentence, or the default for its reason."""
    if request.deleted is not None:
        return f"s3://{request.deleted.bucket}/{request.deleted.key} was deleted."
    if request.keep_versions and request.reason is RetirementReason.COMMAND:
        return "`modeldrop sleep` requested it."
    return request.reason_text or _OF_REASON[request.reason]
