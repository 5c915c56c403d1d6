"""Publish Batch: publishes the result of a batch job, as text for people and JSON for programs."""

from model_packager.error_message import joined
from publish_batch.batch_metrics import record
from publish_batch.notification import build_notification
from publish_batch.rendering import render_message
from workflow.contracts.batch_transform import PublishBatchInput, PublishBatchOutput
from workflow.notify.message_size import bounded_content
from workflow.notify.sns import publish
from workflow.settings import PublishBatchSettings
from workflow.step import step


@step(PublishBatchInput)
def handler(event: PublishBatchInput) -> PublishBatchOutput:
    """Collect the result, and publish it."""
    settings = PublishBatchSettings.read()
    notification = build_notification(event, settings.aws_region)
    published = publish(render_message(notification), bounded_content(notification), settings)
    record(notification)
    return PublishBatchOutput(
        status=notification.status,
        error=notification.error or "",
        cause=joined(notification.cause or "", notification.fix or ""),
        **dict(published),
    )
