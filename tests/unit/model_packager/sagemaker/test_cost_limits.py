from __future__ import annotations

import pytest
from pydantic import ValidationError

from model_packager.rejection import SpecRejected
from model_packager.sagemaker.cost_limits import CostLimits, check_limits, max_capacity
from model_packager.spec.deploy_spec import DeploySpec, parse_deploy_spec

LIMITS = CostLimits.model_validate(
    {"allowed_instance_types": "ml.g4dn.xlarge, ml.g5.xlarge", "max_instances": "4"}
)


def spec_of(text: str) -> DeploySpec:
    return parse_deploy_spec(text, origin="deploy.yaml")


def check(
    text: str, limits: CostLimits = LIMITS, instance_type: str = "ml.g4dn.xlarge", count: int = 1
) -> None:
    spec = spec_of(text)
    check_limits(
        spec,
        limits,
        instance_type=spec.endpoint.instance_type or instance_type,
        instance_count=spec.endpoint.instance_count or count,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "endpoint: {instance_type: ml.g5.xlarge, instance_count: 4}",
        "endpoint: {fallback_instance_types: [ml.g5.xlarge]}",
        "autoscaling: {max_instances: 4, invocations_per_instance: 1}",
        # The staging endpoint and the second fleet of an update both end by themselves.
        "endpoint: {instance_count: 4}\nrollout: {staging: true, strategy: canary}",
    ],
)
def test_a_model_within_the_limits_is_accepted(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("endpoint: {instance_type: ml.p4d.24xlarge}", "endpoint.instance_type in deploy.yaml"),
        (
            "endpoint: {fallback_instance_types: [ml.g5.xlarge, ml.p4d.24xlarge]}",
            "endpoint.fallback_instance_types in deploy.yaml",
        ),
    ],
)
def test_every_type_of_the_spec_must_be_allowed(text: str, source: str) -> None:
    with pytest.raises(SpecRejected) as rejected:
        check(text)
    assert rejected.value.cause == (
        f"The stack does not allow the instance type ml.p4d.24xlarge ({source}). "
        "Allowed types: ml.g4dn.xlarge, ml.g5.xlarge."
    )
    assert "deploy the stack with ml.p4d.24xlarge in AllowedInstanceTypes" in rejected.value.fix


def test_names_are_exact() -> None:
    for name in ("ml.g5.xlarge2", "ml.g5.x", "ml.g5.2xlarge"):
        with pytest.raises(SpecRejected):
            check(f"endpoint: {{instance_type: {name}}}")


def test_the_default_type_of_the_stack_must_be_allowed() -> None:
    with pytest.raises(SpecRejected, match=r"\(the stack's parameter InstanceType\)"):
        check("", instance_type="ml.m5.large")


def test_a_restored_version_on_a_fallback_type_names_the_fallbacks() -> None:
    spec = spec_of("endpoint: {fallback_instance_types: [ml.m5.large]}")
    with pytest.raises(SpecRejected, match="fallback_instance_types"):
        check_limits(spec, LIMITS, instance_type="ml.m5.large", instance_count=1)


@pytest.mark.parametrize(
    ("text", "count", "source"),
    [
        ("endpoint: {instance_count: 5}", 5, "endpoint.instance_count in deploy.yaml"),
        (
            "autoscaling: {max_instances: 5, invocations_per_instance: 1}",
            5,
            "autoscaling.max_instances in deploy.yaml",
        ),
        (
            # SageMaker starts this number of instances, before Application Auto Scaling removes
            # any.
            "endpoint: {instance_count: 9}\n"
            "autoscaling: {max_instances: 2, invocations_per_instance: 1}",
            9,
            "endpoint.instance_count in deploy.yaml",
        ),
    ],
)
def test_the_largest_number_of_instances_counts(text: str, count: int, source: str) -> None:
    with pytest.raises(SpecRejected) as rejected:
        check(text)
    assert rejected.value.cause == f"MaxInstances of the stack is 4, but {source} is {count}."
    assert "a larger MaxInstances" in rejected.value.fix
    spec = spec_of(text)
    assert max_capacity(spec, spec.endpoint.instance_count or 1) == count


def test_the_default_number_of_the_stack_counts() -> None:
    with pytest.raises(SpecRejected, match="the stack's parameter InstanceCount is 5"):
        check("", count=5)


def test_an_empty_list_allows_no_type() -> None:
    with pytest.raises(SpecRejected, match=r"Allowed types: none\."):
        check("", CostLimits.model_validate({"allowed_instance_types": ""}))


def test_an_empty_number_is_an_error() -> None:
    with pytest.raises(ValidationError):
        CostLimits.model_validate({"max_instances": ""})


def test_largest_number_of_an_asynchronous_endpoint_is_limited() -> None:
    check("hosting: {mode: async, max_instances: 4}")
    with pytest.raises(SpecRejected, match=r"hosting\.max_instances in deploy\.yaml is 5"):
        check("hosting: {mode: async, max_instances: 5}")


def test_serverless_has_no_instances() -> None:
    check("hosting: {mode: serverless}", instance_type="ml.serverless.4096mb", count=9)
    assert max_capacity(spec_of("hosting: {mode: serverless}"), 9) == 0
