"""Publish Retirement: tell what was retired, or what might be, and why."""

from publish_retirement.notification import RetirementNotification, message, notification, subject
from publish_retirement.retirement_metrics import record
from workflow.contracts import PublishRetirementInput, PublishRetirementOutput
from workflow.live_version import live_version
from workflow.result_topic import publish
from workflow.settings import PublishRetirementSettings
from workflow.step import step


@step(PublishRetirementInput)
def handler(given: PublishRetirementInput) -> PublishRetirementOutput:
    """Gather what is known, and publish it."""
    settings = PublishRetirementSettings.read()
    told = notification(
        given,
        live_version=live_version(given.retirement.endpoint) if given.retirement else None,
        region=settings.aws_region,
    )
    publish(
        settings.topic_arn,
        subject=subject(told),
        message=message(told),
        status=told.status.value,
        model=told.model,
    )
    record(told)
    return PublishRetirementOutput(status=told.status, cause=_cause(told))


def _cause(told: RetirementNotification) -> str:
    return f"{told.cause}\nFix: {told.fix}"
