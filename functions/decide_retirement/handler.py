"""Decide Retirement: decides once, before any deletion, whether the request still applies."""

from decide_retirement.current_state import read_state
from decide_retirement.decision import decide
from decide_retirement.reasons import reason_text
from model_packager.names.drop import dropped_model
from model_packager.names.endpoint import endpoint_name
from model_packager.stored import Live
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
def handler(event: DecideRetirementInput) -> DecideRetirementOutput:
    """Read the current state, and decide."""
    settings, request = DecideRetirementSettings.read(), event.request
    model = dropped_model(request.deleted.key) if request.deleted else request.model
    if model is None:
        return DecideRetirementOutput(decision=RetirementDecision.NOTHING, retirement=None)
    endpoint = endpoint_name(settings.endpoint_prefix, model)
    state = read_state(request, model, endpoint, settings.artifact_bucket)
    all_versions = request.reason is RetirementReason.COMMAND and not request.keep_versions
    pool = state.live.pool if state.live else None
    if state.live and pool:
        endpoint = state.live.endpoint
    return DecideRetirementOutput(
        decision=decide(request, state, retire_on_delete=settings.retire_on_delete == "retire"),
        retirement=Retirement(
            model=model,
            endpoint=endpoint,
            target=request.target or endpoint,
            version=request.version or (state.live.version if state.live else None),
            number=_number(request, state.live),
            source=state.live.source if state.live else None,
            reason_text=reason_text(request),
            until=None if all_versions else event.event_time,
            keep_versions=request.keep_versions,
            pool=pool,
        ),
    )


def _number(request: RetirementRequest, live: Live | None) -> int | None:
    """Return the number of the version; live.json knows only that of the live version."""
    if live is None or request.version not in (None, live.version):
        return None
    return live.number
