"""Publish Result: publishes the drop's result, as text for people and JSON for programs."""

from model_packager.error_message import joined
from model_packager.names.drop import dropped_model
from model_packager.names.endpoint import endpoint_name
from publish_result.deployment_metrics import record
from publish_result.notification import Notification, build_notification
from publish_result.rendering import render_message
from workflow.best_effort import best_effort
from workflow.contracts.deploy_model import PublishResultInput, PublishResultOutput
from workflow.notify.live_state import live_state
from workflow.notify.message import LiveState
from workflow.notify.message_size import bounded_content
from workflow.notify.sns import publish
from workflow.outcome import outcome_of
from workflow.settings import PublishResultSettings
from workflow.step import step
from workflow.versions.deployment_record import read_live
from workflow.versions.state_timings import state_timings


@step(PublishResultInput)
def handler(event: PublishResultInput) -> PublishResultOutput:
    """Collect the result, and publish it."""
    settings = PublishResultSettings.read()
    model = dropped_model(event.ending.source.key)
    endpoint = _endpoint(event, settings, model) if model else None
    live = (
        live_state(settings.artifact_bucket, endpoint, model) if endpoint and model else LiveState()
    )
    notification = build_notification(
        event,
        outcome_of(event.ending.failure),
        model=model,
        endpoint=endpoint,
        live=live,
        region=settings.aws_region,
        timings=best_effort(
            "the execution's history", lambda: state_timings(event.ending.execution_arn), {}
        ),
    )
    published = publish(render_message(notification), bounded_content(notification), settings)
    record(notification)
    return PublishResultOutput(
        status=notification.status,
        error=notification.error or "",
        cause=_cause(notification),
        **dict(published),
    )


def _endpoint(event: PublishResultInput, settings: PublishResultSettings, model: str) -> str:
    """Return the deployment's endpoint, or that of the live version's pool, or the model's own."""
    if event.ending.deployment is not None:
        return event.ending.deployment.endpoint
    live = best_effort("live.json", lambda: read_live(settings.artifact_bucket, model), None)
    if live is not None and live.pool is not None:
        return live.endpoint
    return endpoint_name(settings.endpoint_prefix, model)


def _cause(notification: Notification) -> str:
    return joined(notification.cause, notification.fix or "") if notification.cause else ""
