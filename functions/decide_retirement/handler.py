"""Decide Retirement: is what is asked for still to be done? Decided once, before anything goes."""

from decide_retirement.current_state import find
from decide_retirement.decision import decide
from decide_retirement.reasons import because
from model_packager.names import endpoint_name, model_name
from model_packager.rejection import ModelRejected
from workflow.contracts.retire_model import (
    DecideRetirementInput,
    DecideRetirementOutput,
    Retirement,
    RetirementDecision,
    RetirementReason,
    RetirementRequest,
)
from workflow.settings import DecideRetirementSettings
from workflow.step import step


@step(DecideRetirementInput)
def handler(given: DecideRetirementInput) -> DecideRetirementOutput:
    """Look at what there is now, and decide."""
    settings, request = DecideRetirementSettings.read(), given.request
    model = _model(request)
    if model is None:
        return DecideRetirementOutput(decision=RetirementDecision.NOTHING, retirement=None)
    endpoint = endpoint_name(settings.endpoint_prefix, model)
    found = find(request, model, endpoint, settings.artifact_bucket)
    by_command = request.reason is RetirementReason.COMMAND
    return DecideRetirementOutput(
        decision=decide(request, found, retire_on_delete=settings.retire_on_delete == "retire"),
        retirement=Retirement(
            model=model,
            endpoint=endpoint,
            target=request.target or endpoint,
            version=request.version or (found.live.version if found.live else None),
            source=found.live.source if found.live else None,
            because=because(request),
            until=None if by_command else given.event_time,
        ),
    )


def _model(request: RetirementRequest) -> str | None:
    """Name the model; None where what was deleted cannot have been one."""
    if request.deleted is None:
        return request.model
    try:
        return model_name(request.deleted.key)
    except ModelRejected:
        return None
