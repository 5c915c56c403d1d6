from __future__ import annotations

import pytest

from model_packager.rejection import SpecRejected
from model_packager.spec.deploy_spec import DeploySpec, parse_deploy_spec
from model_packager.spec.hosting_mode import HostingMode

ASYNC = "hosting: {mode: async}\n"


def parse(text: str) -> DeploySpec:
    return parse_deploy_spec(text, origin="deploy.yaml")


def test_real_time_is_the_default() -> None:
    assert parse("").hosting == HostingMode()
    assert not parse("hosting: {mode: real_time}").hosting.is_async


def test_async_scales_to_zero_by_default() -> None:
    hosting = parse(ASYNC).hosting
    assert hosting.is_async
    assert (hosting.least_instances, hosting.most_instances) == (0, 1)
    assert (hosting.backlog_per_instance, hosting.max_concurrent_invocations) == (5, 4)


def test_stored_spec_keeps_its_hosting() -> None:
    """A record is read with all keys, those of the other mode included."""
    for text in ("", "hosting: {mode: async, min_instances: 1, max_instances: 3}"):
        spec = parse(text)
        assert DeploySpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hosting: {min_instances: 1}", "min_instances is for mode async"),
        ("hosting: {mode: async, min_instances: 2}", "2 should be at most max_instances 1"),
        ("hosting: {mode: pool}", "'real_time' or 'async'"),
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
