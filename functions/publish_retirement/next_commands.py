"""What to paste after a retirement. Pure."""

from publish_retirement.notification import RetirementNotification
from workflow.contracts.retire_model import RetirementReason, RetirementStatus
from workflow.notify.shell_commands import drop_as_it_is, modeldrop, of_model


def next_commands(told: RetirementNotification) -> tuple[str, ...]:
    """Give the commands that fit how the retirement ended."""
    left = (modeldrop(told.execution_arn, "orphans", "--delete"),) if told.remaining else ()
    return (*_commands(told), *left)


def _commands(told: RetirementNotification) -> tuple[str, ...]:
    if told.status is RetirementStatus.RETIRED:
        gone = told.source is None or told.reason is RetirementReason.OBJECT_DELETED
        return () if gone or told.source is None else drop_as_it_is(told.source)
    if told.status is RetirementStatus.FAILED:
        return of_model(told.execution_arn, told.model, "delete")
    look = "logs" if told.reason is RetirementReason.STUCK else "status"
    return of_model(told.execution_arn, told.model, look, "delete")
