"""CloudWatch metrics of a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.spec.load_profile import best_point
from workflow.aws.embedded_metric import Unit, metadata_of, put

if TYPE_CHECKING:
    from model_packager.stored import SmokeResult
    from publish_result.notification import Notification


def record(notification: Notification) -> None:
    """Record the deployment's status, the duration of its states, and its smoke test's latency."""
    properties = metadata_of(notification, notification.model or notification.source.key)
    put("Deployments", Unit.Count, 1, ("Status", notification.status.value), properties)
    for state, seconds in notification.timings.items():
        if not state.endswith("?"):  # a Choice state takes no time
            put("StateSeconds", Unit.Seconds, seconds, ("State", state), properties)
    if notification.smoke is not None and notification.model is not None:
        model = ("Model", notification.model)
        put("SmokeTestLatency", Unit.Milliseconds, notification.smoke.p50_ms, model, properties)
        throughput = _throughput(notification.smoke)
        if throughput is not None:
            put("LoadThroughput", Unit.CountPerSecond, throughput, model, properties)


def _throughput(smoke: SmokeResult) -> float | None:
    """Return the maximum items/s within the latency limit; None without a load profile."""
    own = [each for each in smoke.load if each.request_format == smoke.request_format]
    best = best_point(own, smoke.limits.get("p95_ms"))
    return best.items_per_second if best else None
