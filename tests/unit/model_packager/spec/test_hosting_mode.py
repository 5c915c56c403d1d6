from __future__ import annotations

import pytest

from model_packager.rejection import SpecRejected
from model_packager.sagemaker.deployment_guardrails import is_guarded
from model_packager.spec.deploy_spec import DeploySpec, parse_deploy_spec
from model_packager.spec.hosting_mode import HostingMode, serverless_memory_mb, serverless_type
from model_packager.spec.hosting_spec import Packaging

ASYNC = "hosting: {mode: async}\n"
POOL = "hosting: {mode: pool, pool: small-vision}\n"


def parse(text: str) -> DeploySpec:
    return parse_deploy_spec(text, origin="deploy.yaml")


def test_real_time_is_the_default() -> None:
    assert parse("").hosting == HostingMode()
    assert not parse("hosting: {mode: real_time}").hosting.is_async


@pytest.mark.parametrize("mode", ["[async]", "{pool: small-vision}", "true"])
def test_mode_is_one_word(mode: str) -> None:
    with pytest.raises(SpecRejected, match=r"line 1, column 17: 'hosting\.mode' "):
        parse(f"hosting: {{mode: {mode}}}")


def test_async_scales_to_zero_by_default() -> None:
    hosting = parse(ASYNC).hosting
    assert hosting.is_async
    assert (hosting.min_capacity, hosting.max_capacity) == (0, 1)
    assert (hosting.backlog_per_instance, hosting.max_concurrent_invocations) == (5, 4)


def test_pool_takes_archives() -> None:
    spec = parse(POOL)
    assert (spec.hosting.pool, spec.package) == ("small-vision", Packaging.TAR_GZ)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("autoscaling: {max_instances: 2, invocations_per_instance: 1}", "autoscaling"),
        ('schedule: {sleep: "0 19 * * *", wake: "0 7 * * *"}', "schedule"),
        ("container: {environment: {A: b}}", "container.environment"),
        ("endpoint: {time_to_live_hours: 5}", "endpoint.time_to_live_hours"),
        ("smoke_test: {load: {}}", "smoke_test.load"),
        ("rollout: {strategy: canary}", "rollout.strategy"),
        ("package: uncompressed", "package"),
    ],
)
def test_what_would_change_other_models_of_a_pool_is_refused(text: str, key: str) -> None:
    with pytest.raises(SpecRejected, match=f"{key} .*hosting.mode pool"):
        parse(f"{POOL}{text}\n")


def test_stored_spec_keeps_its_hosting() -> None:
    """A record is read with all keys, including the keys of the other mode."""
    for text in ("", "hosting: {mode: async, min_instances: 1, max_instances: 3}"):
        spec = parse(text)
        assert DeploySpec.model_validate_json(spec.model_dump_json()) == spec


def test_change_of_a_pool_may_keep_the_old_instances_for_a_while() -> None:
    spec = parse(POOL + "rollout: {termination_wait_seconds: 60}")
    assert is_guarded(spec.rollout)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hosting: {min_instances: 1}", "min_instances is for mode async, not for real_time"),
        ("hosting: {mode: async, min_instances: 2}", "2 should be at most max_instances 1"),
        ("hosting: {mode: gpu}", "'real_time', 'async', 'serverless' or 'pool'"),
        ("hosting: {mode: pool}", "needs the name of a pool"),
        ("hosting: {pool: small}", "pool is for mode pool, not for real_time"),
        ("hosting: {mode: pool, pool: Small}", "should match pattern"),
        ("hosting: {mode: pool, pool: sixteen-letters-}", "at most 15 characters"),
        (
            ASYNC + "autoscaling: {max_instances: 2, invocations_per_instance: 1}",
            "autoscaling counts real-time requests",
        ),
        (ASYNC + "endpoint: {data_capture_percent: 5}", "are in S3 already"),
        (ASYNC + "smoke_test: {load: {}}", "remove it with hosting.mode async"),
        (ASYNC + "endpoint: {instance_count: 2}", "2 should be at most hosting.max_instances 1"),
    ],
)
def test_combination_that_cannot_work_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SpecRejected, match=reason):
        parse(text)


SERVERLESS = "hosting: {mode: serverless}\n"


def test_serverless_takes_an_archive() -> None:
    spec = parse(SERVERLESS)
    assert spec.hosting.is_serverless
    assert (spec.hosting.memory_mb, spec.hosting.max_concurrency) == (4096, 5)
    assert spec.package is Packaging.TAR_GZ
    assert DeploySpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("package: uncompressed", "package must be tar.gz"),
        ("endpoint: {instance_type: ml.g4dn.xlarge}", "endpoint.instance_type has no effect"),
        ("endpoint: {instance_count: 2}", "which has no instances"),
        ("endpoint: {fallback_instance_types: [ml.m5.large]}", "which has no instances"),
        ("endpoint: {inference_ami_version: default}", "which has no instances"),
        ("endpoint: {data_capture_percent: 5}", "captures no data"),
        ("autoscaling: {max_instances: 2, invocations_per_instance: 1}", "autoscaling has no"),
        ("rollout: {strategy: canary}", "no deployment guardrails"),
        ("rollout: {termination_wait_seconds: 60}", "no deployment guardrails"),
        ("instance_group: {kind: KIND_GPU}", "needs a GPU"),
        ("smoke_test: {load: {}}", "limits concurrent requests"),
    ],
)
def test_what_aws_excludes_from_serverless_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SpecRejected, match=reason):
        parse(SERVERLESS + text)


@pytest.mark.parametrize(
    "text",
    [
        "hosting: {mode: serverless, memory_mb: 1000}",
        "hosting: {mode: serverless, memory_mb: 1536}",
        "hosting: {mode: serverless, memory_mb: 7168}",
        "hosting: {mode: serverless, max_concurrency: 201}",
        "hosting: {mode: serverless, min_instances: 1}",
        "hosting: {mode: async, memory_mb: 2048}",
    ],
)
def test_limits_of_serverless(text: str) -> None:
    with pytest.raises(SpecRejected):
        parse(text)


def test_memory_has_the_form_of_an_instance_type() -> None:
    assert serverless_memory_mb(serverless_type(2048)) == 2048
    assert serverless_memory_mb("ml.m5.large") is None
