"""The settings for rollout and autoscaling in deploy.yaml, and the errors for invalid ones."""

from __future__ import annotations

import pytest

from model_packager.rejection import SpecRejected
from model_packager.spec.deploy_spec import NEXT_TO, DeploySpec, parse_deploy_spec
from model_packager.spec.operation_spec import Autoscaling, Rollout


def parsed(text: str) -> DeploySpec:
    return parse_deploy_spec(text, origin=NEXT_TO)


@pytest.mark.parametrize(
    "rollout",
    [
        "{strategy: canary, size_percent: 1}",
        "{strategy: linear, size_percent: 10}",
        "{strategy: rolling, size_percent: 5}",
        "{strategy: all_at_once, size_percent: 1}",
        "{strategy: linear, size_percent: 50, wait_seconds: 3600}",
        "{strategy: linear, size_percent: 10, wait_seconds: 2160}",
        "{strategy: canary, wait_seconds: 3600, termination_wait_seconds: 3600}",
        "{termination_wait_seconds: 60, max_5xx_per_minute: 1, max_p95_ms: 200}",
        "{strategy: rolling, max_5xx_per_minute: 1, max_p95_ms: 200}",
        "{strategy: shadow}",
        "{strategy: shadow, sample_percent: 100, hours: 8, min_requests: 0, max_p95_ms: 200}",
        "{strategy: shadow, hours: 0.1, min_agreement_percent: 99.5}",
    ],
)
def test_rollout_is_accepted(rollout: str) -> None:
    assert parsed(f"rollout: {rollout}").rollout.size_percent > 0


@pytest.mark.parametrize(
    ("rollout", "text"),
    [
        ("{strategy: blue_green}", "all_at_once"),
        ("{strategy: canary, size_percent: 51}", "size_percent"),
        ("{strategy: linear, size_percent: 9}", "size_percent 9 should be 10 to 50 for linear"),
        ("{strategy: rolling, size_percent: 4}", "size_percent 4 should be 5 to 50 for rolling"),
        ("{wait_seconds: 3601}", "wait_seconds"),
        ("{termination_wait_seconds: -1}", "termination_wait_seconds"),
        ("{max_5xx_per_minute: -1}", "max_5xx_per_minute"),
        ("{max_p95_ms: 0}", "max_p95_ms"),
        ("{strategie: canary}", "strategy"),
        (
            "{strategy: linear, wait_seconds: 3600}",
            "wait_seconds 3600 in 10 steps and termination_wait_seconds should be at most 21600 "
            "in total, not 36000",
        ),
        (
            "{strategy: rolling, size_percent: 5, wait_seconds: 1081}",
            "should be at most 21600 in total, not 21620",
        ),
        (
            "{strategy: rolling, termination_wait_seconds: 1}",
            "termination_wait_seconds has no effect with rolling",
        ),
        ("{sample_percent: 20, hours: 2}", "hours needs strategy shadow"),
        ("{strategy: canary, sample_percent: 30}", "sample_percent needs strategy shadow"),
        ("{strategy: shadow, hours: 9}", "hours"),
        ("{strategy: shadow, hours: 0}", "hours"),
        ("{strategy: shadow, sample_percent: 0}", "sample_percent"),
        ("{strategy: shadow, staging: false}", "staging false cannot be used with shadow"),
        ("{strategy: shadow, size_percent: 20}", "size_percent has no effect with shadow"),
        ("{strategy: shadow, termination_wait_seconds: 9}", "termination_wait_seconds has no"),
        ("{strategy: shadow, max_5xx_per_minute: 1}", "max_5xx_per_minute has no effect"),
        ("{max_p95_ms: 200}", "max_p95_ms has no effect with all_at_once"),
        ("{max_5xx_per_minute: 1}", "max_5xx_per_minute has no effect with all_at_once"),
    ],
)
def test_rollout_is_refused_by_name(rollout: str, text: str) -> None:
    with pytest.raises(SpecRejected) as refused:
        parsed(f"rollout: {rollout}")
    assert "rollout" in refused.value.cause
    assert text in f"{refused.value.cause} {refused.value.fix}"


@pytest.mark.parametrize(
    ("strategy", "size", "steps"),
    [
        ("all_at_once", 10, 1),
        ("canary", 10, 2),
        ("linear", 10, 10),
        ("linear", 33, 4),
        ("rolling", 50, 2),
    ],
)
def test_steps(strategy: str, size: int, steps: int) -> None:
    rollout = Rollout.model_validate({"strategy": strategy, "size_percent": size})
    assert rollout.steps() == steps


def test_default_is_no_rollout_strategy_and_no_autoscaling() -> None:
    spec = parsed("{}")
    assert spec.rollout == Rollout()
    assert (spec.rollout.strategy, spec.rollout.staging) == ("all_at_once", True)
    assert spec.autoscaling is None


def test_autoscaling_needs_its_bounds_and_its_target() -> None:
    found = parsed("autoscaling: {max_instances: 4, invocations_per_instance: 600}").autoscaling
    assert found == Autoscaling(min_instances=1, max_instances=4, invocations_per_instance=600)


@pytest.mark.parametrize(
    ("autoscaling", "text"),
    [
        ("{max_instances: 4}", "invocations_per_instance"),
        ("{invocations_per_instance: 60}", "max_instances"),
        ("{max_instances: 0, invocations_per_instance: 60}", "max_instances"),
        ("{max_instances: 1001, invocations_per_instance: 60}", "max_instances"),
        ("{max_instances: 2, invocations_per_instance: 0}", "invocations_per_instance"),
        (
            "{min_instances: 3, max_instances: 2, invocations_per_instance: 60}",
            "min_instances 3 should be at most max_instances 2",
        ),
        (
            "{max_instances: 2, invocations_per_instance: 6, scale_in_cooldown_seconds: 3601}",
            "scale_in_cooldown_seconds",
        ),
    ],
)
def test_autoscaling_is_refused_by_name(autoscaling: str, text: str) -> None:
    with pytest.raises(SpecRejected) as refused:
        parsed(f"autoscaling: {autoscaling}")
    assert "autoscaling" in refused.value.cause
    assert text in f"{refused.value.cause} {refused.value.fix}"


def test_shadow_is_for_real_time_endpoints_with_deterministic_models() -> None:
    for text, refusal in (
        ("hosting: {mode: async, max_instances: 1}", "cannot be used with hosting.mode async"),
        (
            "hosting: {mode: pool, pool: a}",
            "strategy cannot be used with hosting.mode pool",
        ),
        (
            "hosting: {mode: serverless, memory_mb: 2048, max_concurrency: 1}",
            "rollout can only be all_at_once with hosting.mode serverless",
        ),
        ("smoke_test: {deterministic: false}", "set rollout.min_agreement_percent: 0"),
    ):
        with pytest.raises(SpecRejected) as refused:
            parsed(f"rollout: {{strategy: shadow}}\n{text}")
        assert refusal in refused.value.cause
    rollout = "rollout: {strategy: shadow, min_agreement_percent: 0}"
    by_chance = parsed(f"{rollout}\nsmoke_test: {{deterministic: false}}")
    assert by_chance.rollout.strategy == "shadow"


@pytest.mark.parametrize("strategy", ["all_at_once", "canary", "shadow"])
def test_stored_spec_is_read_back_with_every_key(strategy: str) -> None:
    spec = parsed(f"rollout: {{strategy: {strategy}}}")
    assert DeploySpec.model_validate(spec.model_dump(mode="json")) == spec
