"""Commands to paste after a retirement. Pure."""

from publish_retirement.notification import RetirementNotification
from workflow.contracts.retire_model import RetirementReason, RetirementStatus
from workflow.notify.shell_commands import model_commands, modeldrop, redeploy


def next_commands(notification: RetirementNotification) -> tuple[str, ...]:
    """Return the commands that fit the retirement's result."""
    cleanup = (
        (modeldrop(notification.execution_arn, "orphans", "--delete"),)
        if notification.remaining
        else ()
    )
    return (*_commands(notification), *cleanup)


def _commands(notification: RetirementNotification) -> tuple[str, ...]:
    source, reason = notification.source, notification.reason
    if notification.status is RetirementStatus.RETIRED:
        deleted = source is None or reason is RetirementReason.OBJECT_DELETED
        return () if deleted or source is None else redeploy(source)
    if notification.status is RetirementStatus.ASLEEP:
        return model_commands(notification.execution_arn, notification.model, "wake")
    if notification.status is RetirementStatus.FAILED:
        command = "sleep" if notification.keep_versions else "delete"
        return model_commands(notification.execution_arn, notification.model, command)
    inspect = "logs" if reason is RetirementReason.STUCK else "status"
    return model_commands(notification.execution_arn, notification.model, inspect, "delete")
