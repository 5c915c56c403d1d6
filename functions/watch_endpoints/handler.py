"""Watch Endpoints: finds idle, expired and stuck endpoints once an hour."""

from datetime import UTC, datetime, timedelta

from watch_endpoints.due_retirement import Limits, due_retirement
from watch_endpoints.observation import endpoint_names, observe
from watch_endpoints.retirement_start import start
from workflow.contracts.retire_model import WatchEndpointsInput, WatchEndpointsOutput
from workflow.settings import WatchEndpointsSettings
from workflow.step import logger, step


@step(WatchEndpointsInput)
def handler(event: WatchEndpointsInput) -> WatchEndpointsOutput:  # noqa: ARG001
    """Check every endpoint of this stack, and start the retirements that are due."""
    settings, now = WatchEndpointsSettings.read(), datetime.now(UTC)
    limits = Limits(
        timeout=timedelta(seconds=settings.endpoint_timeout_seconds),
        idle_hours=settings.idle_hours,
        idle_action=settings.idle_action,
    )
    started = []
    for name in endpoint_names(settings.endpoint_prefix):
        observed = observe(
            name,
            prefix=settings.endpoint_prefix,
            bucket=settings.artifact_bucket,
            idle_hours=settings.idle_hours,
            now=now,
        )
        due = due_retirement(observed.state, limits, now) if observed else None
        if observed and due:
            logger.info(
                "retirement requested",
                extra={
                    "model": observed.model,
                    "version": observed.state.version,
                    "endpoint": observed.name,
                    "reason": due.reason.value,
                },
            )
            started += start(settings.retire_model_arn, observed, due, now)
    return WatchEndpointsOutput(started=started)
