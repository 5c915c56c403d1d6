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
    """Check every endpoint of this stack, and start the retirements that are due.

    An error ends the check of one endpoint only. The first error is raised at the end, so Lambda
    repeats the check, and the alarm on the function's errors is raised.
    """
    settings, now = WatchEndpointsSettings.read(), datetime.now(UTC)
    started, errors = list[str](), list[Exception]()
    for name in endpoint_names(settings.endpoint_prefix):
        try:
            started += _check(name, settings, now)
        except Exception as error:
            logger.exception("endpoint not checked", extra={"endpoint": name})
            errors.append(error)
    if errors:
        raise errors[0]
    return WatchEndpointsOutput(started=started)


def _check(name: str, settings: WatchEndpointsSettings, now: datetime) -> list[str]:
    """Start the retirement of an endpoint if it is due. Return the execution's name."""
    observed = observe(
        name,
        prefix=settings.endpoint_prefix,
        bucket=settings.artifact_bucket,
        idle_hours=settings.idle_hours,
        now=now,
    )
    limits = Limits(
        timeout=timedelta(seconds=settings.endpoint_timeout_seconds),
        idle_hours=settings.idle_hours,
        idle_action=settings.idle_action,
    )
    due = due_retirement(observed.state, limits, now) if observed else None
    if observed is None or due is None:
        return []
    logger.info(
        "retirement requested",
        extra={
            "model": observed.model,
            "version": observed.state.version,
            "endpoint": observed.name,
            "reason": due.reason.value,
        },
    )
    return start(settings.retire_model_arn, observed, due, now)
