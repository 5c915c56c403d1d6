"""Why a model is retired, as a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.contracts.retire_model import RetirementReason

if TYPE_CHECKING:
    from workflow.contracts.retire_model import RetirementRequest

_OF_REASON = {
    RetirementReason.COMMAND: "`modeldrop delete` asked for it.",
    RetirementReason.OBJECT_DELETED: "Its drop was deleted.",
    RetirementReason.TIME_TO_LIVE: "Its time to live is over.",
    RetirementReason.IDLE: "Nobody has asked it anything for a long time.",
    RetirementReason.STUCK: "It is stuck.",
}


def because(request: RetirementRequest) -> str:
    """Give the sentence that came with the request, else one of the reason."""
    if request.deleted is not None:
        return f"s3://{request.deleted.bucket}/{request.deleted.key} was deleted."
    return request.because or _OF_REASON[request.reason]
