"""Watch Endpoints: once an hour, find those that nobody needs or looks after any more."""

from datetime import UTC, datetime, timedelta

from watch_endpoints.due_retirement import Limits, verdict
from watch_endpoints.observation import endpoint_names, observe
from watch_endpoints.retirement_start import start
from workflow.contracts.retire_model import WatchEndpointsInput, WatchEndpointsOutput
from workflow.settings import WatchEndpointsSettings
from workflow.step import logger, step


@step(WatchEndpointsInput)
def handler(given: WatchEndpointsInput) -> WatchEndpointsOutput:  # noqa: ARG001
    """Judge every endpoint of this stack; the retirement retires, or only tells."""
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
        found = verdict(observed.seen, limits, now) if observed else None
        if observed and found:
            logger.info(
                "retirement asked for",
                extra={
                    "model": observed.model,
                    "version": observed.seen.version,
                    "endpoint": observed.name,
                    "reason": found.reason.value,
                },
            )
            started += start(settings.retire_model_arn, observed, found, now)
    return WatchEndpointsOutput(started=started)
