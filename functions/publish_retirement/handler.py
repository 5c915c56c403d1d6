"""Publish Retirement: tell what was retired, or what might be, and why."""

from publish_retirement.notification import RetirementNotification, notification
from publish_retirement.rendering import letter
from publish_retirement.retirement_metrics import record
from workflow.contracts.retire_model import PublishRetirementInput, PublishRetirementOutput
from workflow.notify.email import mail, subject
from workflow.notify.sns import publish
from workflow.settings import PublishRetirementSettings
from workflow.step import step
from workflow.versions.live_since import live_since
from workflow.versions.live_version import live_version


@step(PublishRetirementInput)
def handler(given: PublishRetirementInput) -> PublishRetirementOutput:
    """Gather what is known, and publish it."""
    settings = PublishRetirementSettings.read()
    about = given.retirement
    live = live_version(about.endpoint) if about else None
    told = notification(
        given,
        live_version=live,
        live_since=live_since(settings.artifact_bucket, about.model, live) if about else None,
        region=settings.aws_region,
    )
    written = letter(told)
    publish(written, told, topic_arn=settings.topic_arn, chat_topic_arn=settings.chat_topic_arn)
    record(told)
    return PublishRetirementOutput(
        status=told.status,
        cause=_cause(told),
        subject=subject(written),
        message=mail(written, told),
    )


def _cause(told: RetirementNotification) -> str:
    return f"{told.cause}\nFix: {told.fix}"
