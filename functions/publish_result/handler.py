"""Publish Result: tell how the drop ended, in words for people and in JSON for programs."""

from model_packager.names import endpoint_name, model_name
from model_packager.rejection import ModelRejected
from publish_result.deployment_metrics import record
from publish_result.notification import Notification, notification
from publish_result.rendering import letter
from workflow.contracts.deploy_model import PublishResultInput, PublishResultOutput
from workflow.notify.email import mail, subject
from workflow.notify.sns import publish
from workflow.outcome import verdict
from workflow.settings import PublishResultSettings
from workflow.step import step
from workflow.versions.live_since import live_since
from workflow.versions.live_version import live_version
from workflow.versions.state_timings import state_timings


@step(PublishResultInput)
def handler(given: PublishResultInput) -> PublishResultOutput:
    """Gather what is known, and publish it."""
    settings = PublishResultSettings.read()
    model = _model(given.ending.source.key)
    endpoint = endpoint_name(settings.endpoint_prefix, model) if model else None
    live = live_version(endpoint) if endpoint else None
    told = notification(
        given,
        verdict(given.ending.failure),
        model=model,
        endpoint=endpoint,
        live_version=live,
        live_since=live_since(settings.artifact_bucket, model, live) if model else None,
        region=settings.aws_region,
        timings=state_timings(given.ending.execution_arn),
    )
    written = letter(told)
    publish(written, told, topic_arn=settings.topic_arn, chat_topic_arn=settings.chat_topic_arn)
    record(told)
    return PublishResultOutput(
        status=told.status,
        error=told.error or "",
        cause=_cause(told),
        subject=subject(written),
        message=mail(written, told),
    )


def _model(key: str) -> str | None:
    try:
        return model_name(key)
    except ModelRejected:
        return None


def _cause(told: Notification) -> str:
    return f"{told.cause}\nFix: {told.fix}" if told.cause else ""
