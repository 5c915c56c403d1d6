"""Publish Retirement: publishes what was retired, or could be retired, and why."""

from model_packager.error_message import joined
from publish_retirement.notification import RetirementNotification, build_notification
from publish_retirement.rendering import render_message
from publish_retirement.retirement_metrics import record
from workflow.contracts.retire_model import PublishRetirementInput, PublishRetirementOutput
from workflow.notify.live_state import live_state
from workflow.notify.message import LiveState
from workflow.notify.message_size import bounded_content
from workflow.notify.sns import publish
from workflow.settings import PublishRetirementSettings
from workflow.step import step


@step(PublishRetirementInput)
def handler(event: PublishRetirementInput) -> PublishRetirementOutput:
    """Collect the result, and publish it."""
    settings = PublishRetirementSettings.read()
    retirement = event.retirement
    live = (
        live_state(settings.artifact_bucket, retirement.endpoint, retirement.model)
        if retirement
        else LiveState()
    )
    notification = build_notification(
        event,
        live=live,
        region=settings.aws_region,
    )
    published = publish(render_message(notification), bounded_content(notification), settings)
    record(notification)
    return PublishRetirementOutput(
        status=notification.status,
        cause=_cause(notification),
        **dict(published),
    )


def _cause(notification: RetirementNotification) -> str:
    return joined(notification.cause, notification.fix)
