"""Notify Failure: sends a notification about an execution that ended without one."""

from __future__ import annotations

from aws_lambda_powertools import Logger

from model_packager.executions.published_line import PUBLISHED_LINE
from notify_failure.execution_end import UNKNOWN_END, read_end
from notify_failure.notification import build_notification, render_message
from workflow.best_effort import best_effort
from workflow.contracts.retire_model import NotifyFailureInput, NotifyFailureOutput
from workflow.notify.message_size import bounded_content
from workflow.notify.sns import publish
from workflow.settings import NotifyFailureSettings
from workflow.step import step

logger = Logger()


@step(NotifyFailureInput)
def handler(event: NotifyFailureInput) -> NotifyFailureOutput:
    """Publish a notification, unless the execution has, or if its history cannot be read.

    After an error, Lambda retries, and finally moves the event to the dead-letter queue.
    """
    arn = event.execution_arn
    end = best_effort("the end of the execution", lambda: read_end(arn), UNKNOWN_END)
    if end.published:
        return NotifyFailureOutput(published=False)
    settings = NotifyFailureSettings.read()
    notification = build_notification(event.detail, end, settings.aws_region)
    message = render_message(notification, event.detail)
    published = publish(message, bounded_content(notification), settings)
    # No state returns the notification, so only the log has it afterwards.
    logger.info(
        PUBLISHED_LINE,
        subject=published.subject,
        words=published.message,
        content=published.content,
    )
    return NotifyFailureOutput(published=True)
