"""Publish Result: tell how the drop ended, in words for people and in JSON for programs."""

from model_packager.names import endpoint_name, model_name
from model_packager.rejection import ModelRejected
from publish_result.deployment_metrics import record
from publish_result.notification import Notification, message, notification, subject
from workflow.contracts import PublishResultInput, PublishResultOutput
from workflow.live_version import live_version
from workflow.result_topic import publish
from workflow.settings import PublishResultSettings
from workflow.state_timings import state_timings
from workflow.step import step
from workflow.verdict import verdict


@step(PublishResultInput)
def handler(given: PublishResultInput) -> PublishResultOutput:
    """Gather what is known, and publish it."""
    settings = PublishResultSettings.read()
    model = _model(given.source.key)
    endpoint = endpoint_name(settings.endpoint_prefix, model) if model else None
    told = notification(
        given,
        verdict(given.failure),
        model=model,
        endpoint=endpoint,
        live_version=live_version(endpoint) if endpoint else None,
        region=settings.aws_region,
        timings=state_timings(given.execution_arn),
    )
    publish(
        settings.topic_arn,
        subject=subject(told),
        message=message(told),
        status=told.status.value,
        model=told.model or told.source.key,
    )
    record(told)
    return PublishResultOutput(status=told.status, error=told.error or "", cause=_cause(told))


def _model(key: str) -> str | None:
    try:
        return model_name(key)
    except ModelRejected:
        return None


def _cause(told: Notification) -> str:
    return f"{told.cause}\nFix: {told.fix}" if told.cause else ""
