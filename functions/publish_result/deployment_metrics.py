"""What CloudWatch counts and measures of a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.spec.load_profile import best_point
from workflow.aws.embedded_metric import Unit, put

if TYPE_CHECKING:
    from model_packager.stored import SmokeResult
    from publish_result.notification import Notification


def record(told: Notification) -> None:
    """Count the deployment by its status; measure its states, and the model's smoke test."""
    about = _about(told)
    put("Deployments", Unit.Count, 1, ("Status", told.status.value), about)
    for state, seconds in told.timings.items():
        if not state.endswith("?"):  # a choice takes no time
            put("StateSeconds", Unit.Seconds, seconds, ("State", state), about)
    if told.smoke is not None and told.model is not None:
        model = ("Model", told.model)
        put("SmokeTestLatency", Unit.Milliseconds, told.smoke.p50_ms, model, about)
        throughput = _throughput(told.smoke)
        if throughput is not None:
            put("LoadThroughput", Unit.CountPerSecond, throughput, model, about)


def _throughput(smoke: SmokeResult) -> float | None:
    """Give the most items a second within the latency limit; None where no load was put on it."""
    own = [each for each in smoke.load if each.request_format == smoke.request_format]
    best = best_point(own, smoke.limits.get("p95_ms"))
    return best.items_per_second if best else None


def _about(told: Notification) -> dict[str, str]:
    said = {
        "model": told.model or told.source.key,
        "version": told.version,
        "execution_arn": told.execution_arn,
        "failed_state": told.failed_state,
        "error": told.error,
        "cause": told.cause,
    }
    return {key: value for key, value in said.items() if value is not None}
